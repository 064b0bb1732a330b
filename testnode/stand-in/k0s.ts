// Stand-in for k0s: `version`, and `controller` as its unit runs it. Simplified: the components are not processes of their
// own, etcd holds no data, and no kubelet runs. As with the real one, every start issues all leaves again, makes a new CA
// where a file of one is missing, and systemd takes it for started before it has written anything (Type=simple).
import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { join } from 'node:path';
import { issueK0sLeaf, k0sAuthorities, k0sLeaves } from '../k0s-certificates.ts';
import { K0S_PKI, putK0sLeaf } from '../k0s-layout.ts';
import { type NodeRecord, readFaults, readNodeRecord, unitOf } from '../options.ts';
import { type Issued, issueAuthority } from '../pki.ts';
import { overwrite } from '../put.ts';
import { answer, refuse } from './answers.ts';
import { authorityAt, makeApi } from './api.ts';
import { ClientMetrics } from './client-metrics.ts';
import { isLongRunning } from './k3s-leaves.ts';
import { answerAsApi } from './k3s-listener.ts';
import { log, sleep, stay } from './process.ts';
import { readPair } from './serving.ts';
import { tellReady } from './units.ts';

const DAY = 86_400_000;
/** From start to ready, and from SIGTERM to the exit. */
const START = 4_000;
const STOP = 1_400;

export async function k0s(root: string, words: string[]): Promise<void> {
  const node = readNodeRecord(root);
  if (words[0] === 'version') return void process.stdout.write(`${node.version}\n`);
  if (words[0] !== 'controller') throw new Error(`unknown command "${words[0] ?? ''}" for "k0s"`);
  const unit = unitOf(node.kind);
  stay(root, unit);
  process.on('SIGTERM', () => setTimeout(() => process.exit(0), STOP * node.speed));
  tellReady(root, unit);
  try {
    await sleep(0.1 * START * node.speed);
    await issueAll(root, node);
    await sleep(0.4 * START * node.speed);
    serveAll(root, node);
  } catch (error) {
    log(root, unit, `level=fatal msg="${(error as Error).message}"`);
    process.exit(1);
  }
}

async function issueAll(root: string, node: NodeRecord): Promise<void> {
  const cas = new Map<string, Issued>();
  for (const { path, commonName } of k0sAuthorities) cas.set(path, await readOrMakeCa(root, path, commonName));
  if (isLongRunning(root) || readFaults(root).k3s === 'does-not-renew') return;
  for (const leaf of k0sLeaves(node)) {
    const ca = cas.get(leaf.ca)!;
    const notBefore = Date.now() - 300_000;
    const made = await issueK0sLeaf(leaf, ca, { notBefore, notAfter: notBefore + node.grantedDays * DAY });
    putK0sLeaf(root, node, leaf, made, ca);
    log(root, unitOf(node.kind), `creating certificate ${new X509Certificate(made.certificatePem).subject}`);
  }
}

async function readOrMakeCa(root: string, name: string, commonName: string): Promise<Issued> {
  const path = join(root, K0S_PKI, name);
  const isKept = name !== 'ca' || readFaults(root).k3s !== 'new-ca-on-restart';
  if (isKept && existsSync(`${path}.crt`) && existsSync(`${path}.key`))
    return { certificatePem: readFileSync(`${path}.crt`, 'utf8'), keyPem: readFileSync(`${path}.key`, 'utf8') };
  const made = await issueAuthority({ commonName, notBefore: Date.now(), notAfter: Date.now() + 3650 * DAY });
  overwrite(`${path}.key`, made.keyPem, 0o600);
  overwrite(`${path}.crt`, made.certificatePem, 0o644);
  return made;
}

function serveAll(root: string, { ports }: NodeRecord): void {
  const ca = (name: string) => readFileSync(join(root, K0S_PKI, `${name}.crt`), 'utf8');
  const state = {
    ready: readFaults(root).k3s !== 'never-ready',
    api: makeApi(readNodeRecord(root), () => authorityAt(join(root, K0S_PKI, 'ca.crt'))),
    metrics: new ClientMetrics(),
    renewedAt: Date.now(),
    reachesUntil: Number.POSITIVE_INFINITY,
  };
  const clients = { ca: ca('ca'), requestCert: true, rejectUnauthorized: false };
  const members = { ca: ca('etcd/ca'), requestCert: true, rejectUnauthorized: true };
  const health: RequestListener = (_request, response) => answer(response, 200, '{"health":"true"}');
  serve(root, ports.etcd!, 'etcd/server', members, health);
  serve(root, ports.etcdPeer!, 'etcd/peer', members, health);
  serve(root, ports.api!, 'server', clients, (request, response) => answerAsApi(request, response, state));
  serve(root, ports.join!, 'k0s-api', {}, (_request, response) => refuse(response));
}

function serve(root: string, port: number, name: string, options: ServerOptions, handle: RequestListener): void {
  const path = join(root, K0S_PKI, name);
  createServer({ ...options, ...readPair(`${path}.crt`, `${path}.key`) }, handle)
    .on('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    })
    .listen(port, '127.0.0.1');
}
