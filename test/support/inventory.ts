import type { Certificate, Owner, Place } from '../../src/domain/certificate.ts';
import type { History, Policy } from '../../src/domain/decision.ts';
import { DAY } from '../../src/domain/duration.ts';
import type {
  ComponentHealth,
  ComponentName,
  Distribution,
  Inventory,
  NodeFacts,
  ObservedCertificate,
  Preconditions,
  ServedCertificate,
} from '../../src/domain/inventory.ts';
import { BACKUPS_DIR, type PlanSettings } from '../../src/domain/planner.ts';

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
  | 'rke2-agent';

export const NODE_KINDS: NodeKind[] = [
  'kubeadm',
  'kubeadm-external-etcd',
  'kubeadm-external-ca',
  'kubeadm-worker',
  'k3s-server',
  'k3s-agent',
  'rke2-server',
  'rke2-agent',
];

export type InventoryOptions = {
  now?: number;
  /** Days from `now` until every leaf and every CA ends. */
  days?: number;
  caDays?: number;
};

/** A sound node of that kind, as plain data: everything is there, healthy and far from its end unless `days` says so. */
export function inventoryOf(
  kind: NodeKind,
  { now = NOW, days = 200, caDays = 3_000 }: InventoryOptions = {},
): Inventory {
  const make = kind.startsWith('kubeadm') ? kubeadmNode : k3sNode;
  return make(kind, { now, leafEnd: now + days * DAY, caEnd: now + caDays * DAY });
}

/** The same inventory with some fields of one certificate changed. */
export function withCertificate(
  inventory: Inventory,
  id: string,
  change: Partial<Omit<ObservedCertificate, 'certificate'>> & { certificate?: Partial<Certificate> },
): Inventory {
  if (!inventory.certificates.some((one) => one.id === id)) throw new Error(`no certificate ${id}`);
  const certificates = inventory.certificates.map((one) =>
    one.id === id ? { ...one, ...change, certificate: { ...one.certificate, ...change.certificate } } : one,
  );
  return { ...inventory, certificates };
}

/** The same inventory with one certificate, of nobody's tool unless `change` says so, added. */
export function addCertificate(
  inventory: Inventory,
  id: string,
  days: number,
  change: Partial<ObservedCertificate> = {},
) {
  const notAfter = inventory.takenAt + days * DAY;
  const added = observed({ id, owner: 'operator', path: `/etc/ssl/${id}.crt`, notAfter, ca: null });
  return { ...inventory, certificates: [...inventory.certificates, { ...added, ...change }] };
}

export function withPreconditions(inventory: Inventory, change: Partial<Preconditions>): Inventory {
  return { ...inventory, preconditions: { ...inventory.preconditions, ...change } };
}

export const NO_HISTORY: History = { attempts: [] };

export function policyOf(change: Partial<Policy> = {}): Policy {
  return {
    mode: 'renew',
    opens: 90 * DAY,
    urgent: 30 * DAY,
    maintenance: { days: [0, 1, 2, 3, 4, 5, 6], start: 120, end: 300, timeZone: 'UTC' },
    triesPerDay: 3,
    nodeDelay: 0.25,
    cycle: 'annotate',
    ...change,
  };
}

export const SETTINGS: PlanSettings = {
  kubeadmConfig: null,
  cycle: 'annotate',
  backups: BACKUPS_DIR,
  limits: {
    kubeadm: 120_000,
    component: 360_000,
    etcdPatience: 10_000,
    restart: 300_000,
    listener: 180_000,
    served: 90_000,
  },
};

type Ends = { now: number; leafEnd: number; caEnd: number };

const ETCD_NAMES = ['etcd-healthcheck-client', 'etcd-peer', 'etcd-server'];
const KUBEADM_NAMES: Record<string, { ca: string; component: ComponentName | null }> = {
  'admin.conf': { ca: 'ca', component: null },
  apiserver: { ca: 'ca', component: 'kube-apiserver' },
  'apiserver-etcd-client': { ca: 'etcd-ca', component: 'kube-apiserver' },
  'apiserver-kubelet-client': { ca: 'ca', component: 'kube-apiserver' },
  'controller-manager.conf': { ca: 'ca', component: 'kube-controller-manager' },
  'etcd-healthcheck-client': { ca: 'etcd-ca', component: 'etcd' },
  'etcd-peer': { ca: 'etcd-ca', component: 'etcd' },
  'etcd-server': { ca: 'etcd-ca', component: 'etcd' },
  'front-proxy-client': { ca: 'front-proxy-ca', component: 'kube-apiserver' },
  'scheduler.conf': { ca: 'ca', component: 'kube-scheduler' },
  'super-admin.conf': { ca: 'ca', component: null },
};
const PKI = '/etc/kubernetes/pki';

function kubeadmNode(kind: NodeKind, ends: Ends): Inventory {
  const worker = kind === 'kubeadm-worker';
  const localEtcd = !worker && kind !== 'kubeadm-external-etcd';
  const names = worker
    ? []
    : Object.keys(KUBEADM_NAMES).filter(
        (id) => localEtcd || (!ETCD_NAMES.includes(id) && id !== 'apiserver-etcd-client'),
      );
  const cas = worker ? ['ca'] : localEtcd ? ['ca', 'etcd-ca', 'front-proxy-ca'] : ['ca', 'front-proxy-ca'];
  const external = kind === 'kubeadm-external-ca' ? ['ca'] : [];
  const certificates = [
    ...names.map((id) => kubeadmCertificate(id, external.includes(KUBEADM_NAMES[id]!.ca), ends)),
    ...cas.map((id) =>
      authority(id, `${PKI}/${id === 'etcd-ca' ? 'etcd/ca' : id}.crt`, ends, !worker && !external.includes(id)),
    ),
    observed({
      id: 'kubelet-client',
      owner: 'kubelet',
      path: '/var/lib/kubelet/pki/kubelet-client-current.pem',
      notAfter: ends.leafEnd,
      ca: 'ca',
      caEnd: ends.caEnd,
      component: 'kubelet',
    }),
  ];
  const components = worker
    ? []
    : [...(localEtcd ? ['etcd'] : []), ...STATIC_PODS].map((name) => staticPod(name as ComponentName));
  return {
    takenAt: ends.now,
    node: {
      ...node('kubeadm', worker ? 'worker' : 'control-plane'),
      version: 'v1.31.4',
      paths: {
        certificatesDir: PKI,
        kubeconfigDir: '/etc/kubernetes',
        manifestsDir: '/etc/kubernetes/manifests',
        dataDir: null,
        adminKubeconfig: worker ? null : '/etc/kubernetes/admin.conf',
      },
    },
    certificates,
    findings: [],
    served: worker ? [] : [serves('kube-apiserver', 6443, 'apiserver'), ...(localEtcd ? etcdServed() : [])],
    preconditions: {
      ...preconditions('kubelet'),
      tool: { path: '/usr/bin/kubeadm', version: 'v1.31.4' },
      caKeys: cas
        .filter((ca) => !worker && !external.includes(ca))
        .map((ca) => ({ ca, path: `${PKI}/${ca === 'etcd-ca' ? 'etcd/ca' : ca}.key`, state: 'present' })),
      components: [
        ...components,
        { ...staticPod('kube-apiserver'), name: 'kubelet', manifest: null, processArguments: [] },
      ],
    },
    clock: { synchronized: true, detail: '' },
  };
}

const STATIC_PODS: ComponentName[] = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

function kubeadmCertificate(id: string, external: boolean, { leafEnd, caEnd }: Ends): ObservedCertificate {
  const { ca, component } = KUBEADM_NAMES[id]!;
  const kubeconfig = id.endsWith('.conf');
  const path = kubeconfig
    ? `/etc/kubernetes/${id}`
    : `${PKI}/${ETCD_NAMES.includes(id) ? id.replace('etcd-', 'etcd/') : id}.crt`;
  return observed({
    id,
    owner: external ? 'external-ca' : 'kubeadm',
    path,
    ...(kubeconfig
      ? { place: { kind: 'kubeconfig', path, entry: 'user', name: 'kubernetes', index: 0 } as const, keyPath: path }
      : {}),
    notAfter: leafEnd,
    ca,
    caEnd,
    component,
  });
}

function staticPod(name: ComponentName): ComponentHealth {
  return {
    name,
    manifest: `/etc/kubernetes/manifests/${name}.yaml`,
    pid: 100,
    processArguments: [`--of=/etc/kubernetes/${name}`],
    health: { scheme: 'https', host: '127.0.0.1', port: 1234, path: '/livez' },
    healthy: true,
    detail: '',
  };
}

const K3S_SERVER = [
  'client-admin',
  'client-auth-proxy',
  'client-controller',
  'client-kube-apiserver',
  'client-kube-proxy',
  'client-scheduler',
  'etcd/client',
  'etcd/peer-server-client',
  'etcd/server-client',
  'serving-kube-apiserver',
];
const K3S_AGENT = ['client-kube-proxy', 'client-kubelet', 'serving-kubelet'];

function k3sNode(kind: NodeKind, ends: Ends): Inventory {
  const flavour = kind.startsWith('rke2') ? 'rke2' : 'k3s';
  const server = kind.endsWith('-server');
  const data = `/var/lib/rancher/${flavour}`;
  const kubeconfig = `/etc/rancher/${flavour}/${flavour}.yaml`;
  const common = { owner: flavour as Owner, notAfter: ends.leafEnd, caEnd: ends.caEnd, component: 'k3s' as const };
  const leaves = [
    ...(server ? K3S_SERVER : []).map((id) =>
      observed({ ...common, id, path: `${data}/server/tls/${id}.crt`, ca: k3sAuthorityOf(id) }),
    ),
    ...K3S_AGENT.map((id) =>
      observed({ ...common, id: `agent/${id}`, path: `${data}/agent/${id}.crt`, ca: k3sAuthorityOf(id) }),
    ),
  ];
  const dynamic = `${data}/server/tls/dynamic-cert.json`;
  const listener = observed({
    ...common,
    id: 'dynamic-cert',
    path: dynamic,
    place: { kind: 'dynamic-cert', path: dynamic, index: 0 },
    keyPath: dynamic,
    ca: 'server-ca',
  });
  const admin = observed({
    ...common,
    id: `${flavour}.yaml`,
    path: kubeconfig,
    place: { kind: 'kubeconfig', path: kubeconfig, entry: 'user', name: 'default', index: 0 },
    keyPath: kubeconfig,
    ca: 'client-ca',
    component: null,
  });
  const cas = ['client-ca', 'server-ca', ...(server ? ['request-header-ca', 'etcd/server-ca', 'etcd/peer-ca'] : [])];
  const caDir = server ? `${data}/server/tls` : `${data}/agent`;
  return {
    takenAt: ends.now,
    node: {
      ...node(flavour, server ? 'server' : 'agent'),
      version: flavour === 'k3s' ? 'v1.33.1+k3s1' : 'v1.33.1+rke2r1',
      paths: {
        certificatesDir: caDir,
        kubeconfigDir: `${data}/server/cred`,
        manifestsDir: null,
        dataDir: data,
        adminKubeconfig: server ? kubeconfig : null,
      },
    },
    certificates: [
      ...leaves,
      ...(server ? [listener, admin] : []),
      ...cas.map((ca) => authority(ca, `${caDir}/${ca}.crt`, ends, server)),
    ],
    findings: [],
    served: server ? [serves('k3s', 6443, 'dynamic-cert')] : [],
    preconditions: {
      ...preconditions(flavour === 'k3s' && server ? 'k3s' : kind),
      caKeys: server ? cas.map((ca) => ({ ca, path: `${caDir}/${ca}.key`, state: 'present' })) : [],
      components: [{ ...staticPod('kube-apiserver'), name: 'k3s', manifest: null, processArguments: [], health: null }],
      restartWindow: 120 * DAY,
    },
    clock: { synchronized: true, detail: '' },
  };
}

function k3sAuthorityOf(id: string): string {
  if (id.startsWith('etcd/peer')) return 'etcd/peer-ca';
  if (id.startsWith('etcd/')) return 'etcd/server-ca';
  if (id === 'client-auth-proxy') return 'request-header-ca';
  return id.startsWith('client-') ? 'client-ca' : 'server-ca';
}

function node(distribution: Distribution, role: NodeFacts['role']): Omit<NodeFacts, 'paths'> {
  return { name: 'node-1', distribution, role, version: null, timeZone: 'UTC', missing: [] };
}

function preconditions(unit: string): Preconditions {
  return {
    unit: { name: unit, loaded: true, active: true, detail: 'active (running)' },
    tool: null,
    upgradeUnderWay: null,
    disk: [{ path: '/var/lib/certagent', freeBytes: 1e9, neededBytes: 1e6 }],
    caKeys: [],
    components: [],
    hazards: [],
    restartWindow: null,
  };
}

function serves(name: ServedCertificate['endpoint']['name'], port: number, expects: string): ServedCertificate {
  return {
    endpoint: { name, host: '127.0.0.1', port, expects },
    state: 'current',
    certificate: { serial: '01', fingerprint: 'aa', notAfter: 0, subject: `CN=${expects}` },
  };
}

function etcdServed(): ServedCertificate[] {
  return [serves('etcd', 2379, 'etcd-server'), serves('etcd-peer', 2380, 'etcd-peer')];
}

function authority(id: string, path: string, { now, caEnd }: Ends, withKey: boolean): ObservedCertificate {
  const made = observed({ id, owner: 'cluster-ca', path, notAfter: caEnd, notBefore: now - 300 * DAY, ca: id, caEnd });
  return {
    ...made,
    certificate: { ...made.certificate, isCa: true, usages: [] },
    key: withKey ? made.key : { state: 'not-expected' },
    issuance: { ca: id, state: 'self-signed', caNotAfter: caEnd },
  };
}

type Made = {
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

function observed(made: Made): ObservedCertificate {
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
    file: { mode: 0o644, uid: 0, gid: 0, modifiedAt: NOW - 300 * DAY },
    component: made.component ?? null,
  };
}
