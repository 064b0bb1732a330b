// The listener (K3s: port 6443, RKE2: the supervisor's 9345): it serves dynamic-cert.json, which is renewed only while a
// client is there (rancher/dynamiclistener).
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { ApiHandler } from '../api/serve.ts';
import { dynamicCertMode, dynamicCertText, parseDynamicCert } from '../dynamic-cert.ts';
import { listenerSans, listenerSubject } from '../k3s-certificates.ts';
import { k3sDataDirectory } from '../k3s-layout.ts';
import type { NodeRecord } from '../options.ts';
import { k3sFlavour, readFaults, unitOf, versionNumbers } from '../options.ts';
import type { Issued } from '../pki.ts';
import { issueCertificate } from '../pki.ts';
import { overwrite } from '../put.ts';
import { answer, clientOf, refuse } from './answers.ts';
import type { ClientMetrics } from './client-metrics.ts';
import { grantedValidity, isLongRunning, logSigned, renewalWindow } from './k3s-leaves.ts';
import { isForAgent, signForAgent } from './k3s-supervisor.ts';
import { address, log } from './process.ts';

/** The first chance to renew after a start (today: at its first connection), and the time from one chance to the next. */
const FIRST_CHANCE = { before: 30_000, today: 0 };
const NEXT_CHANCE = 6 * 3_600_000;

/** Listens. K3s's listener passes the API on: `state.ready` decides between "starting" and its answers. */
export async function listen(root: string, node: NodeRecord, state: ServerState): Promise<void> {
  const tls = join(root, k3sDataDirectory(node), 'server/tls');
  const file = join(tls, 'dynamic-cert.json');
  const password = join(root, 'etc/rancher/node/password');
  if (!existsSync(file)) await renew(undefined);
  const ca = readFileSync(join(tls, 'client-ca.crt'), 'utf8');
  let served = parseDynamicCert(readFileSync(file, 'utf8'));
  const remaining = () => new X509Certificate(served.certificatePem).validToDate.getTime() - Date.now();
  const minor = versionNumbers(node.version)[1];
  const isAsked = minor > 22 && existsSync(join(tls, 'dynamic-cert-regenerate'));
  if (isAsked) rmSync(join(tls, 'dynamic-cert-regenerate'));
  if (isAsked && (remaining() <= 0 || !isOfPresentCa(served.certificatePem))) await renewServed();
  let connected = false;
  const firstChance = minor > 22 ? FIRST_CHANCE.today : FIRST_CHANCE.before;
  const context = (issued: Issued) => ({ cert: issued.certificatePem, key: issued.keyPem, ca });
  const server = createServer({ ...context(served), requestCert: true, rejectUnauthorized: false }, handle);
  server.on('connection', () => {
    connected = true;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(node.ports.supervisor ?? node.ports.api, address(), resolve);
  });
  process.once('SIGTERM', () => server.close());
  if (isLongRunning(root)) return;
  if (readFaults(root).k3s === 'waits-for-server') await waitFor(root, node, OTHER_AWAY);
  if (remaining() <= 0 && hangs(node.version)) await waitFor(root, node, OWN_EXPIRED);
  const first = () => {
    void chance();
    setInterval(() => void chance(), NEXT_CHANCE * node.speed);
  };
  if (firstChance > 0) setTimeout(first, firstChance * node.speed);
  else server.once('connection', () => setTimeout(first, 100));

  function isOfPresentCa(pem: string): boolean {
    const present = new X509Certificate(readFileSync(join(tls, 'server-ca.crt'), 'utf8'));
    return new X509Certificate(pem).checkIssued(present);
  }

  async function chance(): Promise<void> {
    if (!connected || readFaults(root).k3s === 'listener-stays-old') return;
    connected = false;
    if (remaining() >= renewalWindow(node.version)) return;
    await renewServed();
    server.setSecureContext(context(served));
  }

  async function renewServed(): Promise<void> {
    await renew(served);
    served = parseDynamicCert(readFileSync(file, 'utf8'));
  }

  // The key stays the same from one certificate to the next.
  async function renew(old: (Issued & { resourceVersion: number }) | undefined): Promise<void> {
    const ca = {
      certificatePem: readFileSync(join(tls, 'server-ca.crt'), 'utf8'),
      keyPem: readFileSync(join(tls, 'server-ca.key'), 'utf8'),
    };
    const issued = await issueCertificate({
      ca,
      subject: listenerSubject(node),
      sans: listenerSans(node),
      usages: ['server'],
      ...grantedValidity(node, ca),
      ...(old === undefined ? {} : { keyPem: old.keyPem }),
    });
    const version = (old?.resourceVersion ?? 0) + 137;
    overwrite(
      file,
      dynamicCertText(k3sFlavour(node.kind)!, issued, listenerSans(node), version),
      dynamicCertMode(node.version),
    );
    logSigned(root, node, issued.certificatePem);
  }

  function handle(request: IncomingMessage, response: ServerResponse) {
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/ping') return answer(response, 200, 'pong');
    if (path === '/cacerts') return answer(response, 200, readFileSync(join(tls, 'server-ca.crt'), 'utf8'));
    if (k3sFlavour(node.kind) === 'k3s' && isForAgent(path ?? ''))
      return void signForAgent(root, node, { path: path!, cas: tls, password }, request, response);
    if (node.ports.supervisor !== undefined) return answer(response, 404, '404 page not found\n');
    if (node.disabled.includes('apiserver')) return answer(response, 503, 'apiserver disabled\n');
    answerAsApi(request, response, state);
  }
}

/** It asks its own listener for the CA, and does not believe an expired one: so until May 2025's next releases. */
function hangs(version: string): boolean {
  const [, minor, patch] = versionNumbers(version);
  const mended: Record<number, number> = { 30: 14, 31: 10, 32: 6, 33: 2 };
  return minor > 22 && minor <= 33 && patch < (mended[minor] ?? Number.POSITIVE_INFINITY);
}

const OWN_EXPIRED =
  'Failed to validate connection to cluster at https://127.0.0.1:6443: CA cert validation failed: Get \\"https://127.0.0.1:6443/cacerts\\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
const OTHER_AWAY =
  'Failed to validate connection to cluster at https://10.0.0.2:6443: failed to get CA certs: Get \\"https://10.0.0.2:6443/cacerts\\": dial tcp 10.0.0.2:6443: connect: connection refused';

/** Never returns: only a signal ends the process. */
function waitFor(root: string, node: NodeRecord, complaint: string): Promise<never> {
  setInterval(() => log(root, unitOf(node.kind), `level=error msg="${complaint}"`), 2_000 * node.speed);
  return new Promise(() => {});
}

/** `renewedAt`: when the kubelet has renewed its Lease. `reachesUntil`: until when the API server reaches kubelets. */
export type ServerState = {
  ready: boolean;
  api: ApiHandler;
  metrics: ClientMetrics;
  renewedAt: number;
  reachesUntil: number;
};

function leaseOf(name: string, { renewedAt }: ServerState): string {
  const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime: new Date(renewedAt).toISOString() };
  return JSON.stringify({ kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata: { name }, spec });
}

const PROXY_REFUSES =
  'error trying to reach service: proxy error from 127.0.0.1:6443 while dialing 127.0.0.1:10250, code 401: 401 Unauthorized';

function reviewOf(username: string): string {
  const userInfo = { username, groups: ['system:authenticated'] };
  return JSON.stringify({ kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1', status: { userInfo } });
}

/** What the API answers, behind K3s's listener or as RKE2's kube-apiserver. */
export function answerAsApi(request: IncomingMessage, response: ServerResponse, state: ServerState) {
  const path = (request.url ?? '/').split('?')[0];
  if (!state.ready) return answer(response, 503, 'starting');
  const user = clientOf(request);
  if (user === undefined) return refuse(response);
  state.metrics.count(request);
  if (path === '/metrics') return answer(response, 200, state.metrics.text());
  if (/^\/api\/v1\/nodes\/[^/]+\/proxy\/healthz$/.test(path!))
    return Date.now() < state.reachesUntil ? answer(response, 200, 'ok') : answer(response, 503, PROXY_REFUSES);
  const lease = /\/namespaces\/kube-node-lease\/leases\/([^/]+)$/.exec(path!)?.[1];
  if (lease !== undefined) return answer(response, 200, leaseOf(lease, state), 'application/json');
  if (path === '/apis/authentication.k8s.io/v1/selfsubjectreviews')
    return answer(response, 201, reviewOf(user), 'application/json');
  if (path === '/readyz' || path === '/livez' || path === '/healthz') return answer(response, 200, 'ok');
  void state.api(request, response, user);
}
