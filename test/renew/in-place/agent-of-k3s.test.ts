// What a K3s agent is shown of its API server before and after its certificates are replaced.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { DAY, HOUR } from '../../../src/domain/time/duration.ts';
import { Root } from '../../../src/host/root.ts';
import { isAway } from '../../../src/renew/in-place/away.ts';
import { trySigned } from '../../../src/renew/in-place/try-signed.ts';
import type { StepContext } from '../../../src/renew/steps/actor.ts';
import { awaitKubelet } from '../../../src/renew/steps/await-kubelet.ts';
import { kubeconfigText } from '../../../testnode/kubeconfig-text.ts';
import { type Issued, issueAuthority, issueCertificate } from '../../../testnode/pki.ts';

const KUBECONFIG = '/agent/kubelet.kubeconfig';
const CERTIFICATE = '/agent/client-kubelet.crt';
const NODE = 'n1';
const USER = `system:node:${NODE}`;

type Api = {
  /** Status of every answer. */
  status: number;
  /** As whom it knows everybody; null: as the certificate says. */
  knows: string | null;
  /** Milliseconds since the kubelet has renewed its Lease. */
  renewedBefore: number;
};

async function agent(t: TestContext) {
  const now = Date.now();
  const validity = { notBefore: now - DAY, notAfter: now + DAY };
  const ca = await issueAuthority({ commonName: 'ca', ...validity });
  const api: Api = { status: 200, knows: null, renewedBefore: 0 };
  const server = await apiServer(t, ca, api);
  const directory = await mkdtemp(join(tmpdir(), 'certagent-agent-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const root = new Root(directory);
  const client = await issueCertificate({
    ca,
    subject: { commonName: USER, organizations: ['system:nodes'] },
    usages: ['client'],
    ...validity,
  });
  await mkdir(root.at('/agent'));
  const files = {
    [CERTIFICATE]: client.certificatePem,
    '/agent/client-kubelet.key': client.keyPem,
    '/agent/server-ca.crt': ca.certificatePem,
    [KUBECONFIG]: kubeconfigText({
      server,
      ca: { file: '/agent/server-ca.crt' },
      cluster: 'local',
      user: 'user',
      context: 'Default',
      credentials: { certificateFile: CERTIFICATE, keyFile: '/agent/client-kubelet.key' },
    }),
  };
  for (const [path, text] of Object.entries(files)) await writeFile(root.at(path), text);
  const signed = [{ id: 'agent/client-kubelet', pem: client.certificatePem, key: client.keyPem }];
  const quickly = { limit: 100, interval: 10, waiting: () => {} };
  const attempt = () => trySigned(root, KUBECONFIG, signed, quickly);
  const step = { kind: 'await-kubelet' as const, kubeconfig: KUBECONFIG, replaced: [CERTIFICATE], node: NODE };
  const context = { root, now: Date.now, pollInterval: 1, waiting: () => {} } as unknown as StepContext;
  return { api, root, attempt, step, context };
}

async function apiServer(t: TestContext, ca: Issued, api: Api): Promise<string> {
  const now = Date.now();
  const { certificatePem: cert, keyPem: key } = await issueCertificate({
    ca,
    subject: { commonName: 'k3s' },
    sans: ['127.0.0.1'],
    usages: ['server'],
    notBefore: now - DAY,
    notAfter: now + DAY,
  });
  const options = { cert, key, ca: ca.certificatePem, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (request, response) => {
    const name = /CN=(.*)/.exec((request.socket as TLSSocket).getPeerX509Certificate()?.subject ?? '')?.[1];
    if (api.status !== 200) return end(response, api.status, {});
    if (request.url?.endsWith('/selfsubjectreviews'))
      return end(response, 201, { status: { userInfo: { username: api.knows ?? name } } });
    end(response, 200, { spec: { renewTime: new Date(Date.now() - api.renewedBefore).toISOString() } });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function end(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status).end(JSON.stringify(body));
}

test('a certificate that the API server knows as its user may take its place; no other', async (t) => {
  const { api, attempt } = await agent(t);
  await attempt();
  api.knows = 'system:anonymous';
  await assert.rejects(attempt(), { code: 'SIGNED_REFUSED', message: /HTTP 201, "system:anonymous"$/ });
  api.status = 401;
  await assert.rejects(attempt(), { code: 'SIGNED_REFUSED', message: /client-kubelet: HTTP 401$/ });
  api.status = 503;
  await assert.rejects(attempt(), { code: 'SUPERVISOR_AWAY', message: /waited in vain for the API server: HTTP 503$/ });
});

test('a kubelet works that renews its Lease after its clients have had their time', async (t) => {
  const { api, step, context } = await agent(t);
  const started = performance.now();
  assert.match(await awaitKubelet.act({ ...step, patience: 300, limit: 300_000 }, context), /renews the Lease of n1/);
  assert.ok(performance.now() - started >= 300);
  const soon = { ...step, patience: 0, limit: 100 };
  api.renewedBefore = 2 * 60_000;
  await assert.rejects(awaitKubelet.act(soon, context), { code: 'CLIENTS_UNSEEN', message: /renew the Lease of n1$/ });
  api.status = 401;
  await assert.rejects(awaitKubelet.act(soon, context), { code: 'CLIENTS_UNSEEN', message: /HTTP 401$/ });
  api.status = 503;
  await assert.rejects(awaitKubelet.act(soon, context), { code: 'SUPERVISOR_AWAY', message: /HTTP 503$/ });
  await assert.rejects(awaitKubelet.act({ ...soon, kubeconfig: '/none' }, context), {
    code: 'CLIENTS_UNSEEN',
    message: /for credentials in \/none/,
  });
});

test('a wait that was cut short goes on from when the certificates were replaced', async (t) => {
  const { root, step, context } = await agent(t);
  const patient = { ...step, patience: HOUR, limit: 100 };
  await assert.rejects(awaitKubelet.act(patient, { ...context, resumed: true }), {
    code: 'CLIENTS_UNSEEN',
    message: /until every client has looked for new certificates/,
  });
  const before = new Date(Date.now() - 2 * HOUR);
  await utimes(root.at(CERTIFICATE), before, before);
  assert.match(await awaitKubelet.act(patient, { ...context, resumed: true }), /renews the Lease/);
});

test('a server that cannot be reached is away; one with a wrong certificate is not', () => {
  for (const [problem, away] of [
    ['ECONNREFUSED', true],
    ['EAI_AGAIN', true],
    ['no answer in time', true],
    ['CERT_HAS_EXPIRED', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false],
    ['it answers in another protocol', false],
  ] as const)
    assert.equal(isAway({ status: null, problem }), away, problem);
  for (const [status, away] of [
    [200, false],
    [403, false],
    [500, false],
    [503, true],
  ] as const)
    assert.equal(isAway({ status, text: '', problem: null }), away, String(status));
});
