import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import type { NodeKind } from '../../testnode/node.ts';
import { ids, look, NOW, named, nodeFor } from './support.ts';

type Kind = {
  distribution: string;
  role: string;
  unit: string;
  /** Certificates by owner. */
  owners: Record<string, string[]>;
  expects: string[];
};

const CLUSTER = ['admin.conf', 'controller-manager.conf', 'scheduler.conf', 'super-admin.conf'];
const OF_CA = ['apiserver', 'apiserver-kubelet-client', ...CLUSTER];
const OF_ETCD = ['apiserver-etcd-client', 'etcd-healthcheck-client', 'etcd-peer', 'etcd-server'];
const K3S_LEAVES = (flavour: string) => [
  'agent/client-kube-proxy',
  'agent/client-kubelet',
  `agent/client-${flavour}-controller`,
  'agent/serving-kubelet',
];
const K3S_SERVER_LEAVES = (flavour: string) => [
  ...K3S_LEAVES(flavour),
  'client-admin',
  'client-auth-proxy',
  'client-controller',
  `client-${flavour}-cloud-controller`,
  'client-kube-apiserver',
  'client-scheduler',
  'dynamic-cert',
  'etcd/client',
  'etcd/peer-server-client',
  'etcd/server-client',
  `${flavour}.yaml`,
  'serving-kube-apiserver',
];
const K3S_AUTHORITIES = ['client-ca', 'etcd/peer-ca', 'etcd/server-ca', 'request-header-ca', 'server-ca'];

const K0S_LEAVES = ['admin', 'apiserver-kubelet-client', 'ccm', 'k0s-api', 'konnectivity', 'scheduler', 'server'];
const K0S_CONFIGS = ['admin.conf', 'ccm.conf', 'konnectivity.conf', 'scheduler.conf'];

const KINDS: Record<NodeKind, Kind> = {
  kubeadm: {
    distribution: 'kubeadm',
    role: 'control-plane',
    unit: 'kubelet',
    owners: {
      kubeadm: [...OF_CA, ...OF_ETCD, 'front-proxy-client'],
      kubelet: ['kubelet-client', 'kubelet-serving'],
      'cluster-ca': ['ca', 'etcd-ca', 'front-proxy-ca'],
    },
    expects: ['etcd-server', 'etcd-peer', 'apiserver'],
  },
  'kubeadm-external-etcd': {
    distribution: 'kubeadm',
    role: 'control-plane',
    unit: 'kubelet',
    owners: {
      kubeadm: [...OF_CA, 'front-proxy-client'],
      operator: ['/etc/kubernetes/pki/external-etcd/ca.crt', '/etc/kubernetes/pki/external-etcd/client.crt'],
      kubelet: ['kubelet-client', 'kubelet-serving'],
      'cluster-ca': ['ca', 'front-proxy-ca'],
    },
    expects: ['apiserver'],
  },
  'kubeadm-external-ca': {
    distribution: 'kubeadm',
    role: 'control-plane',
    unit: 'kubelet',
    owners: {
      kubeadm: [...OF_ETCD, 'front-proxy-client'],
      'external-ca': OF_CA,
      kubelet: ['kubelet-client', 'kubelet-serving'],
      'cluster-ca': ['ca', 'etcd-ca', 'front-proxy-ca'],
    },
    expects: ['etcd-server', 'etcd-peer', 'apiserver'],
  },
  'kubeadm-worker': {
    distribution: 'kubeadm',
    role: 'worker',
    unit: 'kubelet',
    owners: { kubelet: ['kubelet-client', 'kubelet-serving'], 'cluster-ca': ['ca'] },
    expects: [],
  },
  'k3s-server': {
    distribution: 'k3s',
    role: 'server',
    unit: 'k3s',
    owners: {
      k3s: K3S_SERVER_LEAVES('k3s'),
      'cluster-ca': [...K3S_AUTHORITIES, 'agent/client-ca', 'agent/server-ca'],
    },
    expects: ['dynamic-cert'],
  },
  'k3s-agent': {
    distribution: 'k3s',
    role: 'agent',
    unit: 'k3s-agent',
    owners: { k3s: K3S_LEAVES('k3s'), 'cluster-ca': ['agent/client-ca', 'agent/server-ca'] },
    expects: [],
  },
  'rke2-server': {
    distribution: 'rke2',
    role: 'server',
    unit: 'rke2-server',
    owners: {
      rke2: K3S_SERVER_LEAVES('rke2'),
      'cluster-ca': [...K3S_AUTHORITIES, 'agent/client-ca', 'agent/server-ca'],
    },
    expects: ['serving-kube-apiserver', 'dynamic-cert'],
  },
  'rke2-agent': {
    distribution: 'rke2',
    role: 'agent',
    unit: 'rke2-agent',
    owners: { rke2: K3S_LEAVES('rke2'), 'cluster-ca': ['agent/client-ca', 'agent/server-ca'] },
    expects: [],
  },
  'k0s-controller': {
    distribution: 'k0s',
    role: 'controller',
    unit: 'k0scontroller',
    owners: {
      k0s: [...K0S_LEAVES, ...K0S_CONFIGS, 'front-proxy-client', 'apiserver-etcd-client', 'etcd/peer', 'etcd/server'],
      'cluster-ca': ['ca', 'front-proxy-ca', 'etcd/ca'],
    },
    expects: ['server', 'etcd/server', 'etcd/peer', 'k0s-api'],
  },
  'hard-way': {
    distribution: 'hard-way',
    role: 'control-plane',
    unit: 'kube-apiserver',
    owners: {
      operator: [
        '/etc/etcd/kubernetes.pem',
        '/var/lib/kubernetes/kube-controller-manager.kubeconfig',
        '/var/lib/kubernetes/kube-scheduler.kubeconfig',
        '/var/lib/kubernetes/kubernetes.pem',
      ],
      'cluster-ca': ['/etc/etcd/ca.pem', '/var/lib/kubernetes/ca.pem'],
    },
    expects: ['/var/lib/kubernetes/kubernetes.pem', '/etc/etcd/kubernetes.pem', '/etc/etcd/kubernetes.pem'],
  },
};

for (const [kind, wanted] of Object.entries(KINDS) as [NodeKind, Kind][]) {
  test(`${kind}: what is on the node, whose it is, and that all of it is in order`, async (t) => {
    const inventory = await look(await nodeFor(t, { kind }));
    const { node, certificates, preconditions } = inventory;

    assert.deepEqual([node.distribution, node.role, node.name], [wanted.distribution, wanted.role, 'demo-node']);
    assert.deepEqual(node.missing, []);
    assert.deepEqual(inventory.findings, []);
    assert.equal(inventory.takenAt, NOW);

    const leaves = certificates.filter(
      ({ place }) => place.index === 0 && !('entry' in place && place.entry === 'cluster'),
    );
    const owners = Object.fromEntries(
      [...Map.groupBy(leaves, ({ owner }) => owner)].map(([owner, all]) => [owner, all.map(({ id }) => id).sort()]),
    );
    assert.deepEqual(owners, sorted(wanted.owners));

    const withKey = leaves.filter(({ owner, certificate }) => owner !== 'cluster-ca' && !certificate.isCa);
    for (const { id, key, issuance, owner, certificate } of withKey) {
      assert.equal(key.state, 'matches', id);
      if (owner !== 'operator') assert.equal(issuance.state, 'signed', id);
      if (owner !== 'kubelet') assert.equal(certificate.notAfter, NOW + 200 * DAY, id);
    }
    for (const { id, issuance } of leaves.filter((one) => one.owner === 'cluster-ca'))
      assert.equal(issuance.state, 'self-signed', id);

    assert.deepEqual(
      inventory.served.map(({ endpoint }) => endpoint.expects),
      wanted.expects,
    );
    assert.ok(
      inventory.served.every(({ state }) => state === 'unreachable'),
      'nothing runs yet',
    );
    assert.deepEqual(
      [preconditions.unit?.name, preconditions.unit?.loaded, preconditions.unit?.active],
      [wanted.unit, true, false],
    );
    assert.equal(new Set(ids(inventory)).size, certificates.length, 'ids are unique');
    assert.equal(/BEGIN |PRIVATE/.test(JSON.stringify(inventory)), false, 'no secret is in it');
  });
}

test('each certificate of a chain is listed, the CAs in K3s’s files are the cluster’s', async (t) => {
  const inventory = await look(await nodeFor(t, { kind: 'k3s-server' }));
  const chained = named(inventory, 'client-admin#1');
  assert.deepEqual(chained.place, {
    kind: 'pem',
    path: '/var/lib/rancher/k3s/server/tls/client-admin.crt',
    index: 1,
  });
  assert.deepEqual([chained.owner, chained.key.state], ['cluster-ca', 'not-expected']);
  assert.equal(chained.certificate.fingerprint, named(inventory, 'client-ca').certificate.fingerprint);
});

test('a kubeconfig shows its user’s certificate and its cluster’s CA', async (t) => {
  const inventory = await look(await nodeFor(t, { kind: 'kubeadm' }));
  const user = named(inventory, 'admin.conf');
  assert.deepEqual(user.certificate.organizations, ['kubeadm:cluster-admins']);
  assert.deepEqual(user.place, {
    kind: 'kubeconfig',
    path: '/etc/kubernetes/admin.conf',
    entry: 'user',
    name: 'kubernetes-admin',
    index: 0,
  });
  assert.deepEqual(user.key, {
    state: 'matches',
    path: '/etc/kubernetes/admin.conf',
    mode: 0o600,
    readableByOthers: false,
  });
  const cluster = named(inventory, 'admin.conf/cluster/kubernetes');
  assert.equal(cluster.certificate.fingerprint, named(inventory, 'ca').certificate.fingerprint);
  assert.equal(cluster.owner, 'cluster-ca');
});

test('a directory with nothing of Kubernetes in it is an inventory too', async (t) => {
  const { root } = await nodeFor(t, { kind: 'kubeadm-worker' });
  const inventory = await look({ root: `${root}/nothing` });
  assert.deepEqual([inventory.node.distribution, inventory.node.role, inventory.node.name], [null, null, 'unknown']);
  assert.deepEqual(inventory.node.missing, ['any trace of kubeadm, K3s, RKE2, k0s or hard-way']);
  assert.deepEqual([inventory.certificates, inventory.findings, inventory.served], [[], [], []]);
  assert.deepEqual(inventory.preconditions.unit, null);
  assert.equal(inventory.clock.synchronized, null);
});

function sorted(owners: Record<string, string[]>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(owners).map(([owner, all]) => [owner, [...all].sort()]));
}
