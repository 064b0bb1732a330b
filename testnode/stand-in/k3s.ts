// Stand-in for k3s and rke2: `--version`, `certificate`, and `server` and `agent` as their units run them. Simplified: no
// cluster, no objects, no etcd process; the secret k3s-serving is not there, so only dynamic-cert.json counts; the start of RKE2
// replaces two static pods, the last one after it has said that it is ready. As with the real one, nothing can be read
// from the arguments of the running process.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { join } from 'node:path';
import { k3sDataDirectory } from '../k3s-layout.ts';
import type { NodeRecord } from '../options.ts';
import { k3sFlavour, readFaults, readNodeRecord, unitOf, versionNumbers } from '../options.ts';
import { refuse } from './answers.ts';
import { authorityAt, makeApi } from './api.ts';
import { ClientMetrics } from './client-metrics.ts';
import { prepareAgent } from './k3s-agent.ts';
import { balance } from './k3s-balancer.ts';
import { certificate } from './k3s-certificate.ts';
import { runClients } from './k3s-clients.ts';
import { parse } from './k3s-leaves.ts';
import { answerAsApi, listen, type ServerState } from './k3s-listener.ts';
import { brokenServing, prepareServer, renewAgentFiles, writeKubeconfigs } from './k3s-server.ts';
import { address, log, sleep, stay } from './process.ts';
import { RKE2_PODS, replacePod } from './rke2-pods.ts';
import { readPair } from './serving.ts';
import { tellReady } from './units.ts';

/** From start to ready, and from SIGTERM to the exit. */
const START = 4_000;
const STOP = 1_400;
/** From a start that succeeded to the end of a k3s that breaks. */
const DIES_AFTER = 700;

export async function k3s(root: string, words: string[]): Promise<void> {
  const node = readNodeRecord(root);
  const flavour = k3sFlavour(node.kind)!;
  if (words.includes('--version') || words.includes('-v')) return tellVersion(flavour, node.version);
  const [command] = words;
  if (command === 'certificate') return certificate(root, node, words.slice(1));
  if (command !== 'server' && command !== 'agent') {
    process.stderr.write(`No help topic for '${command ?? ''}'\n`);
    process.exitCode = 3;
    return;
  }
  stay(root, unitOf(node.kind));
  process.title = `/usr/local/bin/${flavour} ${command}`;
  process.on('SIGTERM', () => setTimeout(() => process.exit(0), STOP * node.speed));
  if (words.includes('--cluster-reset')) return resetCluster(root, node);
  try {
    const isAlone = words.includes('--disable-agent');
    await (command === 'server' ? runServer(root, node, isAlone) : runAgent(root, node));
  } catch (error) {
    log(root, unitOf(node.kind), `level=fatal msg="${(error as Error).message}"`);
    process.exit(1);
  }
  if (readFaults(root).k3s !== 'never-ready') tellReady(root, unitOf(node.kind));
  if (node.kind === 'rke2-server') await replacePod(root, node, RKE2_PODS[1]!);
  const broken = command === 'server' ? brokenServing(root, node) : undefined;
  if (broken === undefined && readFaults(root).k3s !== 'dies-after-start') return;
  // The start has succeeded.
  setTimeout(() => {
    const component = broken?.replace('kube-', '') ?? 'scheduler';
    const why = `${component} exited: tls: failed to find any PEM data in certificate input`;
    log(root, unitOf(node.kind), `level=error msg="Shutdown request received: \\"${why}\\""`);
    process.exit(1);
  }, DIES_AFTER);
}

/** The member becomes a cluster of its own, and k3s exits. */
function resetCluster(root: string, node: NodeRecord): void {
  const database = join(root, k3sDataDirectory(node), 'server/db');
  if (!existsSync(join(database, 'etcd/member'))) throw new Error('cannot perform cluster-reset while not using etcd');
  writeFileSync(join(database, RESET), '');
  log(
    root,
    unitOf(node.kind),
    'level=info msg="Managed etcd cluster membership has been reset, restart without --cluster-reset flag now"',
  );
  process.exit(0);
}

const RESET = 'reset-flag';

/** Without its agent it is a rehearsal, where no other member answers. */
function needPeers(root: string, node: NodeRecord): void {
  const database = join(root, k3sDataDirectory(node), 'server/db');
  if (existsSync(join(database, 'etcd/member')) && !existsSync(join(database, RESET)))
    throw new Error('starting kubernetes: preparing server: the etcd cluster has no quorum');
}

function tellVersion(flavour: string, version: string): void {
  const go = flavour === 'rke2' ? 'go1.24.2 X:boringcrypto' : 'go1.24.2';
  process.stdout.write(`${flavour} version ${version} (99d91538)\ngo version ${go}\n`);
}

/** `isAlone`: without its own agent. */
async function runServer(root: string, node: NodeRecord, isAlone: boolean): Promise<void> {
  const api = makeApi(node, () => authorityAt(join(root, k3sDataDirectory(node), 'server/tls/client-ca.crt')));
  const state = { ready: false, api, metrics: new ClientMetrics(), renewedAt: 0, reachesUntil: 0 };
  if (isAlone) needPeers(root, node);
  const cas = await prepareServer(root, node);
  state.reachesUntil = reachesKubeletsUntil(root, node);
  await listen(root, node, state);
  if (!isAlone) await renewAgentFiles(root, node, cas);
  await sleep(0.1 * START * node.speed);
  writeKubeconfigs(root, node);
  serveApi(root, node, state);
  if (!isAlone) serveKubelet(root, node);
  if (!isAlone && node.kind === 'k3s-server') runClients(root, node, () => (state.renewedAt = Date.now()));
  await sleep(0.9 * START * node.speed);
  state.ready = readFaults(root).k3s !== 'never-ready';
  if (node.kind === 'rke2-server') await replacePod(root, node, RKE2_PODS[0]!);
}

async function runAgent(root: string, node: NodeRecord): Promise<void> {
  balance(node);
  await prepareAgent(root, node);
  serveKubelet(root, node);
  if (node.kind === 'k3s-agent') runClients(root, node);
  await sleep(START * node.speed);
}

/** Through its supervisor it gets with one certificate, which it reads once (measured on v1.36.3). */
function reachesKubeletsUntil(root: string, node: NodeRecord): number {
  if (node.egress === 'disabled') return Number.POSITIVE_INFINITY;
  const certificate = parse(readFileSync(join(root, k3sDataDirectory(node), OF_API_SERVER), 'utf8'));
  return certificate?.validToDate.getTime() ?? 0;
}

const OF_API_SERVER = 'server/tls/client-kube-apiserver.crt';

// K3s's listener passes requests on to an inner port; RKE2's kube-apiserver is the one that clients see.
function serveApi(root: string, node: NodeRecord, state: ServerState) {
  const tls = join(root, k3sDataDirectory(node), 'server/tls');
  const pair = node.disabled.includes('apiserver') ? join(root, OTHER_SERVER) : join(tls, 'serving-kube-apiserver');
  if (node.ports.apiInternal !== undefined)
    return serve(node.ports.apiInternal, pair, { reloads: reload(root, node, 'kube-apiserver') });
  const ca = readFileSync(join(tls, 'client-ca.crt'), 'utf8');
  const options = { ca, requestCert: true, rejectUnauthorized: false };
  serve(node.ports.api!, pair, { options }, (request, response) => answerAsApi(request, response, state));
}

/** What a load balancer shows, in the place of the kube-apiserver that this server leaves to another one. */
const OTHER_SERVER = 'run/demo/other-server';

function serveKubelet(root: string, node: NodeRecord): void {
  const pair = join(root, k3sDataDirectory(node), 'agent/serving-kubelet');
  serve(node.ports.kubelet!, pair, { reloads: reload(root, node, 'kubelet') });
}

/** Today's K3s loads replaced files within a second (measured on v1.36.3 and v1.32.3). */
function reload(root: string, { kind, version }: NodeRecord, component: string): (() => boolean) | undefined {
  if (k3sFlavour(kind) !== 'k3s' || versionNumbers(version)[1] < 32) return undefined;
  return () => !readFaults(root).servesStale.includes(component);
}

const LOOKS_EVERY = 200;

// Loaded at the start, and again where `reloads` says so; everything behind it wants credentials. A pair that does not load leaves
// the port closed, or the previous one in use.
function serve(
  port: number,
  path: string,
  { options = {}, reloads }: { options?: ServerOptions; reloads?: (() => boolean) | undefined },
  handle: RequestListener = (_request, response) => refuse(response),
): void {
  try {
    let pair = readPair(`${path}.crt`, `${path}.key`);
    const server = createServer({ ...options, ...pair }, handle)
      .on('error', (error) => process.stderr.write(`${error.message}\n`))
      .listen(port, address());
    if (reloads === undefined) return;
    setInterval(() => {
      try {
        const now = readPair(`${path}.crt`, `${path}.key`);
        if ((now.cert === pair.cert && now.key === pair.key) || !reloads()) return;
        server.setSecureContext({ ...options, ...now });
        pair = now;
      } catch {
        // Half a pair.
      }
    }, LOOKS_EVERY);
  } catch (error) {
    process.stderr.write(`${path}: ${(error as Error).message}\n`);
    readFileSync(`${path}.crt`); // absent altogether: the start fails
  }
}
