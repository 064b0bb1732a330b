import { existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { layOutHardWay } from './hard-way-layout.ts';
import { layOutK0s } from './k0s-layout.ts';
import { layOutK3s } from './k3s-layout.ts';
import { layOutKubeadm } from './kubeadm-layout.ts';
import { layOutPrograms } from './launch.ts';
import { layOutMachine } from './machine-layout.ts';
import type { Faults, NodeKind, NodeOptions, NodeRecord } from './options.ts';
import {
  k3sFlavour,
  readFaults,
  readNodeRecord,
  versionNumbers,
  withDefaults,
  writeFaults,
  writeNodeRecord,
} from './options.ts';
import { issueAuthority } from './pki.ts';
import { releasePorts, reservePorts } from './ports.ts';
import { put, putDirectory } from './put.ts';
import type { StartOptions } from './running.ts';
import { startNode, stopNode } from './running.ts';

export type { Faults, NodeKind, NodeOptions, TestUser } from './options.ts';

export type TestNode = {
  root: string;
  kind: NodeKind;
  /** kubeadm: apiserver, etcd, etcdPeer, etcdMetrics, controllerManager, scheduler, kubelet, kubeletHealthz;
   * K3s: api, apiInternal (6444), kubelet; RKE2: api, supervisor (9345), kubelet, controllerManager, scheduler; agents: kubelet,
   * server (another machine's), K3s's also apiInternal (its load balancer); k0s: api, join (9443), etcd, etcdPeer; by hand: as
   * kubeadm, without a kubelet. */
  ports: Record<string, number>;
  /** Starts the kubelet's or K3s's unit; resolves when the node is as healthy as its certificates allow. */
  start(options?: StartOptions): Promise<void>;
  /** Kills every process of this node, by its id, and no other. */
  stop(): Promise<void>;
  /** Changes some faults; those not named stay as they are. */
  faults(faults: Partial<Faults>): Promise<void>;
  /** stop, and deletes the directory. */
  remove(): Promise<void>;
};

/** Makes a node under `options.root`: files only, nothing runs until `start`. */
export async function makeNode(options: NodeOptions): Promise<TestNode> {
  const root = resolve(options.root);
  if (existsSync(root) && readdirSync(root).length > 0) throw new Error(`not empty: ${root}`);
  mkdirSync(root, { recursive: true });
  const node: NodeRecord = { ...withDefaults(options, Date.now()), ports: await portsOf(options) };
  putDirectory(root, 'run/demo');
  putDirectory(root, 'etc');
  writeNodeRecord(root, node);
  writeFaults(root, {});
  await layOut(root, node);
  await layOutSelfSigned(root, node);
  layOutMachine(root, node);
  layOutPrograms(root, node);
  backdate(root, node);
  return openNode(root);
}

function layOut(root: string, node: NodeRecord): Promise<void> {
  if (node.kind === 'k0s-controller') return layOutK0s(root, node);
  if (node.kind === 'hard-way') return layOutHardWay(root, node);
  return k3sFlavour(node.kind) === undefined ? layOutKubeadm(root, node) : layOutK3s(root, node);
}

/** A node that `makeNode` made before, perhaps in another process. */
export async function openNode(path: string): Promise<TestNode> {
  const root = resolve(path);
  const node = readNodeRecord(root);
  return {
    root,
    kind: node.kind,
    ports: node.ports,
    start: (options) => startNode(root, node, options),
    stop: () => stopNode(root),
    faults: async (faults) => writeFaults(root, { ...readFaults(root), ...faults }),
    remove: async () => {
      await stopNode(root);
      releasePorts(node.ports);
      await rm(root, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function portsOf({ kind, cluster }: NodeOptions): Promise<Record<string, number>> {
  const ports = await reservePorts(portNames(kind));
  return cluster == null ? ports : { ...ports, apiserver: cluster.port };
}

function portNames(kind: NodeKind): string[] {
  if (kind === 'kubeadm-worker') return ['kubelet', 'kubeletHealthz'];
  if (kind === 'rke2-server') return ['api', 'supervisor', 'kubelet', 'controllerManager', 'scheduler'];
  if (kind === 'k3s-server') return ['api', 'apiInternal', 'kubelet'];
  if (kind === 'k0s-controller') return ['api', 'join', 'etcd', 'etcdPeer'];
  if (kind === 'hard-way') return ['apiserver', 'etcd', 'etcdPeer', 'controllerManager', 'scheduler'];
  if (kind === 'k3s-agent') return ['kubelet', 'server', 'apiInternal'];
  if (kind.endsWith('-agent')) return ['kubelet', 'server'];
  const etcd = kind === 'kubeadm-external-etcd' ? ['etcd', 'etcdPeer'] : ['etcd', 'etcdPeer', 'etcdMetrics'];
  return ['apiserver', ...etcd, 'controllerManager', 'scheduler', 'kubelet', 'kubeletHealthz'];
}

// What controller-manager and scheduler serve. The real ones make a new certificate at each start; one is enough here.
async function layOutSelfSigned(root: string, node: NodeRecord): Promise<void> {
  const hasOwn = /^(kubeadm|hard-way|rke2-server)/.test(node.kind) && node.kind !== 'kubeadm-worker';
  if (!hasOwn) return;
  const own = await issueAuthority({
    commonName: `localhost@${Math.floor(node.caStarts / 1000)}`,
    sans: ['localhost', '127.0.0.1'],
    notBefore: node.caStarts,
    notAfter: node.caEnds,
  });
  if (node.kind !== 'rke2-server') await layOutLoopback(root, node);
  put(root, 'run/demo/self-signed.crt', own.certificatePem, 0o644);
  put(root, 'run/demo/self-signed.key', own.keyPem, 0o600);
}

const DAY = 86_400_000;

// What the kube-apiserver shows itself: valid for a year from its start, for three years since v1.33.
async function layOutLoopback(root: string, node: NodeRecord): Promise<void> {
  const lifetime = (versionNumbers(node.version)[1] >= 33 ? 3 : 1) * 365 * DAY;
  const starts = { first: Date.now() - node.upDays * DAY, later: Date.now() };
  for (const [name, start] of Object.entries(starts)) {
    const pair = await issueAuthority({
      commonName: `apiserver-loopback-client@${Math.floor(start / 1000)}`,
      sans: ['apiserver-loopback-client'],
      notBefore: start,
      notAfter: start + lifetime,
    });
    put(root, `run/demo/loopback-${name}.crt`, pair.certificatePem, 0o644);
    put(root, `run/demo/loopback-${name}.key`, pair.keyPem, 0o600);
  }
}

// Files are older than the processes that have loaded them.
function backdate(root: string, node: NodeRecord): void {
  const written = new Date(Date.now() - (node.upDays + 1) * DAY);
  for (const directory of ['etc', 'var/lib']) {
    for (const entry of readdirSync(join(root, directory), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), written, written);
    }
  }
}
