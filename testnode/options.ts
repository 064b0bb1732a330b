// What a throw-away node is made from, and the two small files in it that its stand-ins read.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyType } from './pki.ts';

export type NodeKind =
  | 'kubeadm'
  | 'kubeadm-external-etcd'
  | 'kubeadm-external-ca'
  | 'kubeadm-worker'
  | 'k3s-server'
  | 'k3s-agent'
  | 'rke2-server'
  | 'rke2-agent'
  | 'k0s-controller'
  | 'hard-way';

export type NodeOptions = {
  /** Directory to make the node in: empty or absent. */
  root: string;
  kind: NodeKind;
  /** notAfter of every leaf, milliseconds since the epoch. */
  leafEnds: number;
  /**
   * notAfter of the kubelet's own certificates, which the kubelet rotates; default: not before 200 days from now. In the past:
   * it starts only as `longRunning`, and not again.
   */
  kubeletEnds?: number;
  /** notAfter of what K3s's listener serves; default: as every leaf. */
  listenerEnds?: number;
  /** notAfter of every CA; default ten years from now. */
  caEnds?: number;
  /** notBefore of every CA, and with it of every leaf; default a year ago. */
  caStarts?: number;
  /** Factor for every wait of the stand-ins; default 0.02. */
  speed?: number;
  /** Version that kubeadm, k3s or rke2 prints. */
  version?: string;
  /** For how many days its static pods have run when it is started for the first time; default 40. */
  upDays?: number;
  /** Lifetime of what a renewal grants, in days; default 365. */
  grantedDays?: number;
  nodeName?: string;
  /** Users with a home under ROOT/home; default: alice, with a copy. root (/root) is always there, without a copy. */
  users?: TestUser[];
  /** What a kubeadm control plane has besides; default: nothing. */
  extras?: Extra[];
  /** Parts that a K3s or RKE2 server leaves to other servers (`disable-…: true`); default: none. */
  disabled?: ('apiserver' | 'etcd' | 'controller-manager' | 'scheduler')[];
  /** How the API server of a K3s or RKE2 server reaches kubelets (`egress-selector-mode`); default 'agent': through its supervisor. */
  egress?: 'agent' | 'disabled';
  /** Key type of a kubeadm node; default 'ec', which is quick. K3s always uses EC. */
  keys?: KeyType;
  /** The node's time zone (IANA); default UTC. */
  timeZone?: string;
  /** Whether systemd-run is there, so that certagent rehearses; default: no. */
  sandbox?: boolean;
  /** Path of a real etcd, which then runs in the stand-in's place; default: null. */
  etcd?: string | null;
  /** Of a kubeadm control plane: the cluster that it is a server of; default: null, it is alone. */
  cluster?: ClusterOptions | null;
};

export type ClusterOptions = {
  /** Address of what its servers share (testnode/cluster.ts). */
  store: string;
  /** Where its API listens: each server has another loopback address, and all have the same port. */
  address: string;
  port: number;
  /** Root of the server whose CAs it has; null: it is the first. */
  first: string | null;
};

/**
 * `kube-vip`: a static pod that uses admin.conf; `kubelet-drop-in`: the kubelet's manifests are in /etc/kubelet.d, as a
 * drop-in of its unit says.
 */
export type Extra = 'kube-vip' | 'kubelet-drop-in';

export type TestUser = {
  name: string;
  /** Default: those of the running process. */
  uid?: number;
  gid?: number;
  /** 'copy' (default): ~/.kube/config is a byte copy of admin.conf or k3s.yaml, mode 0600. */
  kubeconfig?: 'copy' | 'none';
};

export type Faults = {
  /** garbage: `kubeconfig user` prints something else around what it should. */
  kubeadm: 'none' | 'exit0-not-renewed' | 'hang' | 'exit1' | 'garbage';
  /** kubeadm stops at this name with exit 1; the names before it are renewed. */
  kubeadmFailsAt: string | null;
  /** With kubeadmFailsAt: leave a new key beside an empty certificate, as a full disk does. */
  kubeadmTears: boolean;
  /** idle: the kubelet notices nothing, and is not healthy; exits: it exits when it starts. */
  kubelet: 'none' | 'idle' | 'exits';
  /** Components whose process exits at once after a restart. */
  neverComesBack: string[];
  /** Components that exit at once when started with a certificate that expires after `leafEnds`: a roll back heals them. */
  rejectsRenewed: string[];
  /** Components that keep serving the previous certificate, even after a restart. */
  servesStale: string[];
  etcdReloads: boolean;
  apiserverReloads: boolean;
  /** What the start of K3s, RKE2 or k0s does wrong. */
  k3s:
    | 'none'
    | 'never-ready'
    | 'listener-stays-old'
    | 'new-ca-on-restart'
    | 'does-not-renew'
    | 'dies-after-start'
    | 'waits-for-server'
    | 'rotate-fails';
  /** Parts of a running K3s, by their certificates ("client-scheduler"), that load no new one. */
  clientsStayOld: string[];
  /** The supervisor signs nothing for agents. */
  supervisorRefuses: boolean;
  /** An agent's server is away: what it asks is refused. */
  serverAway: boolean;
  /** Of restart, start and stop; show still answers. */
  systemctl: 'none' | 'fails' | 'hangs';
};

const noFaults: Faults = {
  kubeadm: 'none',
  kubeadmFailsAt: null,
  kubeadmTears: false,
  kubelet: 'none',
  neverComesBack: [],
  rejectsRenewed: [],
  servesStale: [],
  etcdReloads: true,
  apiserverReloads: true,
  k3s: 'none',
  clientsStayOld: [],
  supervisorRefuses: false,
  serverAway: false,
  systemctl: 'none',
};

/** ROOT/etc/demo-node.json: the options with every default filled in. */
export type NodeRecord = Required<Omit<NodeOptions, 'root'>> & { ports: Record<string, number> };

const DAY = 86_400_000;

export function withDefaults(options: NodeOptions, now: number): Omit<NodeRecord, 'ports'> {
  return {
    kind: options.kind,
    leafEnds: options.leafEnds,
    kubeletEnds: options.kubeletEnds ?? Math.max(options.leafEnds, now + 200 * DAY),
    listenerEnds: options.listenerEnds ?? options.leafEnds,
    caEnds: options.caEnds ?? now + 3650 * DAY,
    caStarts: options.caStarts ?? now - 365 * DAY,
    speed: options.speed ?? 0.02,
    version: options.version ?? defaultVersion(options.kind),
    upDays: options.upDays ?? 40,
    grantedDays: options.grantedDays ?? 365,
    nodeName: options.nodeName ?? 'demo-node',
    users: options.users ?? [{ name: 'alice' }],
    extras: options.extras ?? [],
    disabled: options.disabled ?? [],
    egress: options.egress ?? 'agent',
    keys: options.keys ?? 'ec',
    timeZone: options.timeZone ?? 'UTC',
    sandbox: options.sandbox ?? false,
    etcd: options.etcd ?? null,
    cluster: options.cluster ?? null,
  };
}

function defaultVersion(kind: NodeKind): string {
  if (kind.startsWith('k3s')) return 'v1.36.3+k3s1';
  if (kind.startsWith('rke2')) return 'v1.36.3+rke2r1';
  if (kind === 'k0s-controller') return 'v1.36.3+k0s.0';
  return 'v1.36.3';
}

export function readNodeRecord(root: string): NodeRecord {
  return JSON.parse(readFileSync(join(root, 'etc/demo-node.json'), 'utf8')) as NodeRecord;
}

export function writeNodeRecord(root: string, record: NodeRecord): void {
  writeFileSync(join(root, 'etc/demo-node.json'), `${JSON.stringify(record, null, 2)}\n`);
}

/** The faults in force now: stand-ins read them whenever they act, so a test can change them on a running node. */
export function readFaults(root: string): Faults {
  try {
    return { ...noFaults, ...JSON.parse(readFileSync(join(root, 'etc/demo-faults.json'), 'utf8')) };
  } catch {
    return noFaults; // absent, or half-written at this very moment
  }
}

export function writeFaults(root: string, faults: Partial<Faults>): void {
  writeFileSync(join(root, 'etc/demo-faults.json'), `${JSON.stringify(faults, null, 2)}\n`);
}

/** 'k3s' or 'rke2' for those kinds, else undefined. RKE2 is the same code under another name. */
export function k3sFlavour(kind: NodeKind): 'k3s' | 'rke2' | undefined {
  if (kind.startsWith('k3s')) return 'k3s';
  return kind.startsWith('rke2') ? 'rke2' : undefined;
}

/** The systemd unit that runs the node of this kind; of several, the first to ask. */
export function unitOf(kind: NodeKind): string {
  if (kind === 'k3s-server') return 'k3s';
  if (kind === 'k0s-controller') return 'k0scontroller';
  if (kind === 'hard-way') return 'kube-apiserver';
  return k3sFlavour(kind) === undefined ? 'kubelet' : kind;
}

/** [major, minor, patch] of 'v1.31.4' or 'v1.33.1+k3s1'. */
export function versionNumbers(version: string): [number, number, number] {
  const match = /^v(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (match === null) throw new Error(`not a Kubernetes version: ${version}`);
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}
