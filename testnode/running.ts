import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { NodeRecord } from './options.ts';
import { unitOf } from './options.ts';
import { LONG_RUNNING } from './stand-in/k3s-leaves.ts';
import { launch } from './stand-in/pod.ts';
import type { ProcessId } from './stand-in/process.ts';
import { disown, isAlive, own, readJson, signal, until } from './stand-in/process.ts';
import { startUnit, unitsOf } from './stand-in/units.ts';

/** What ends only a test that fails: a busy machine takes minutes. Milliseconds. */
const START_LIMIT = 300_000;

export type StartOptions = {
  /** The node's processes outlive this one; `stop` of an opened node must then stop them. */
  outlive?: boolean;
  /** The unit counts as running since long before its certificates were due or expired: the next start is the first to mind. */
  longRunning?: boolean;
};

/** Starts the node's unit and waits until it is as healthy as its certificates allow. */
export async function startNode(root: string, node: NodeRecord, options: StartOptions = {}): Promise<void> {
  if (options.outlive === true) disown(root);
  else own(root);
  if (node.kind === 'kubeadm-external-etcd') startExternalEtcd(root, node);
  if (node.kind.endsWith('-agent')) launch(root, { name: 'remote-server', command: ['remote-server'] });
  if (options.longRunning === true) writeFileSync(join(root, LONG_RUNNING), '');
  let started = true;
  for (const unit of unitsOf(node)) started &&= await startUnit(root, node, { unit });
  const heard = new Set<number>();
  const healthy = started && (await until(() => isHealthy(node, heard), START_LIMIT));
  rmSync(join(root, LONG_RUNNING), { force: true });
  if (healthy) return;
  const logs = readdirSync(join(root, 'run/demo')).filter((name) => /\.(log|out)$/.test(name));
  const tails = logs.map((name) => `${name}:\n${readFileSync(join(root, 'run/demo', name), 'utf8').slice(-500)}`);
  throw new Error(`${unitOf(node.kind)} did not become healthy\n${tails.join('\n')}`);
}

/** Kills every process of the node; id and start time identify each. */
export async function stopNode(root: string): Promise<void> {
  // The kubelet or a systemctl may start another one: repeat until none is left.
  for (;;) {
    const processes = registered(root);
    if (processes.length === 0) return;
    for (const { id, file } of processes) {
      signal(id, 'SIGKILL');
      await until(() => !isAlive(id), 3_000);
      rmSync(file, { force: true });
    }
  }
}

function registered(root: string): { id: ProcessId; file: string }[] {
  const files = [...listed(root, 'run/demo/units', '.json'), ...listed(root, 'run/demo/pids', '')];
  files.push(...listed(root, 'run/demo/pods', '.json'));
  return files.flatMap((file) => {
    const id = readJson<ProcessId>(file);
    return id === undefined || (file.includes('/units/') && !isAlive(id)) ? [] : [{ id, file }];
  });
}

function listed(root: string, directory: string, suffix: string): string[] {
  try {
    const names = readdirSync(join(root, directory)).filter((name) => name.endsWith(suffix));
    return names.map((name) => join(root, directory, name));
  } catch {
    return [];
  }
}

// Another machine's etcd: not the kubelet's, so it neither stops nor starts with the node's pods.
function startExternalEtcd(root: string, node: NodeRecord): void {
  const far = '/run/demo/external-etcd';
  const pair = (prefix: string) => [
    `--${prefix}cert-file=${far}/server.crt`,
    `--${prefix}key-file=${far}/server.key`,
    `--${prefix}trusted-ca-file=${far}/ca.crt`,
  ];
  launch(root, {
    name: 'external-etcd',
    command: [
      'etcd',
      ...pair(''),
      ...pair('peer-'),
      `--listen-client-urls=https://127.0.0.1:${node.ports.etcd}`,
      `--listen-peer-urls=https://127.0.0.1:${node.ports.etcdPeer}`,
    ],
  });
}

// With expired certificates nothing is ever ready, and controller-manager and scheduler exit again and again, each at its
// own time. It is enough then that each has listened once: `heard` remembers those that have.
async function isHealthy(node: NodeRecord, heard: Set<number>): Promise<boolean> {
  const ports = Object.values(node.ports);
  const hasExpired = node.leafEnds <= Date.now();
  if (!hasExpired) heard.clear();
  const address = node.cluster?.address ?? '127.0.0.1';
  const at = (port: number) => (port === node.ports.apiserver ? address : '127.0.0.1');
  for (const port of ports) if (!heard.has(port) && (await accepts(port, at(port)))) heard.add(port);
  if (heard.size < ports.length) return false;
  if (node.ports.apiserver === undefined || hasExpired) return true;
  return (await status(`https://${address}:${node.ports.apiserver}/readyz`)) === 200;
}

function accepts(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

function status(url: string): Promise<number> {
  return new Promise((resolve) => {
    const ask = url.startsWith('https:') ? httpsRequest : httpRequest;
    const asked = ask(url, { agent: false, timeout: 3_000, rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(0));
    asked.end();
  });
}
