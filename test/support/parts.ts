import type { Owner, Place } from '../../src/domain/model/certificate.ts';
import type {
  ComponentHealth,
  ComponentName,
  Distribution,
  Neighbour,
  NodeFacts,
  ObservedCertificate,
  Preconditions,
  ServedCertificate,
} from '../../src/domain/model/inventory.ts';
import type { PodIdentity } from '../../src/domain/model/pod-identity.ts';
import { DAY } from '../../src/domain/time/duration.ts';

/** Tuesday, noon in UTC. */
export const NOW = Date.UTC(2026, 2, 3, 12);

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

export type Ends = { now: number; leafEnd: number; caEnd: number };

export function node(distribution: Distribution, role: NodeFacts['role']): Omit<NodeFacts, 'paths'> {
  return { name: 'node-1', distribution, role, version: null, timeZone: 'UTC', missing: [] };
}

export function preconditions(unit: string): Preconditions {
  return {
    unit: { name: unit, loaded: true, active: true, stopped: false, detail: 'active (running)' },
    tool: null,
    upgradeUnderWay: null,
    disk: [{ path: '/var/lib/certagent', freeBytes: 1e9, neededBytes: 1e6 }],
    caKeys: [],
    components: [],
    hazards: [],
    restartWindow: null,
  };
}

export function serves(name: ServedCertificate['endpoint']['name'], port: number, expects: string): ServedCertificate {
  return {
    endpoint: { name, host: '127.0.0.1', port, expects },
    state: 'current',
    certificate: { serial: '01', fingerprint: 'aa', notAfter: 0, subject: `CN=${expects}` },
  };
}

export function authority(id: string, path: string, { now, caEnd }: Ends, withKey: boolean): ObservedCertificate {
  const made = observed({ id, owner: 'cluster-ca', path, notAfter: caEnd, notBefore: now - 300 * DAY, ca: id, caEnd });
  return {
    ...made,
    certificate: { ...made.certificate, isCa: true, usages: [] },
    key: withKey ? made.key : { state: 'not-expected' },
    issuance: { ca: id, state: 'self-signed', caNotAfter: caEnd },
  };
}

export type Made = {
  id: string;
  owner: Owner;
  path: string;
  place?: Place;
  keyPath?: string;
  notBefore?: number;
  notAfter: number;
  ca: string | null;
  caEnd?: number;
  component?: ObservedCertificate['component'];
};

export function observed(made: Made): ObservedCertificate {
  const server = /serving|^apiserver$|etcd-(server|peer)|dynamic/.test(made.id);
  return {
    id: made.id,
    certificate: {
      subject: `CN=${made.id}`,
      issuer: `CN=${made.ca}`,
      commonName: made.id,
      organizations: [],
      serial: '5D1C0FFEE',
      fingerprint: `fingerprint of ${made.id}`,
      publicKey: `public key of ${made.id}`,
      keyType: 'EC P-256',
      // A leaf's notBefore is its CA's.
      notBefore: made.notBefore ?? Math.min(NOW, made.notAfter) - 365 * DAY,
      notAfter: made.notAfter,
      sans: server ? ['DNS:node-1', 'IP:127.0.0.1'] : [],
      isCa: false,
      usages: server ? ['serverAuth'] : ['clientAuth'],
    },
    place: made.place ?? { kind: 'pem', path: made.path, index: 0 },
    owner: made.owner,
    key: {
      state: 'matches',
      path: made.keyPath ?? made.path.replace(/\.crt$/, '.key'),
      mode: 0o600,
      readableByOthers: false,
    },
    issuance: { ca: made.ca, state: made.ca === null ? 'unknown' : 'signed', caNotAfter: made.caEnd ?? null },
    file: { mode: 0o644, uid: 0, gid: 0, modifiedAt: NOW - 300 * DAY, changedAt: NOW - 300 * DAY },
    component: made.component ?? null,
  };
}

export const identity = (name: string): PodIdentity => ({
  namespace: 'kube-system',
  name,
  containers: [name],
  uid: null,
  logsDir: '/var/log/pods',
  rootDir: '/var/lib/kubelet',
});

export function neighbour(change: Partial<Neighbour> = {}): Neighbour {
  const pod = change.pod ?? 'kube-vip';
  const started = NOW - 200 * DAY;
  return { pod, manifest: `/m/${pod}.yaml`, mounts: [], identity: identity(pod), startedAt: started, ...change };
}

/** What a unit has not. */
export const NO_STATIC_POD = { manifest: null, processArguments: [], pod: null, version: null };

export function staticPod(name: ComponentName): ComponentHealth {
  return {
    name,
    manifest: `/etc/kubernetes/manifests/${name}.yaml`,
    pid: 100,
    startedAt: NOW - 200 * DAY,
    isSameUser: true,
    processArguments: [`--of=/etc/kubernetes/${name}`],
    pod: identity(name),
    version: 'v1.36.3',
    delaysShutdown: false,
    health: { scheme: 'https', host: '127.0.0.1', port: 1234, path: '/livez' },
    healthy: true,
    detail: '',
  };
}
