// What a renewal must not or cannot do: certagent leaves it alone, or reports it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../../src/domain/time/duration.ts';
import { addCertificate, inventoryOf, NOW, rotating, withCertificate } from '../../support/inventory.ts';
import { apiserver, chain, decisionOn, k3s, kubeadm, type Row, testVerdicts } from './policy-parts.ts';

const kubelet = (days: number, change: Parameters<typeof withCertificate>[2] = {}) =>
  withCertificate(kubeadm(200), 'kubelet-client', {
    ...change,
    certificate: { notAfter: NOW + days * DAY, ...change.certificate },
  });
const pem = { kind: 'pem', path: '/var/lib/kubelet/pki/kubelet.crt', index: 0 } as const;
const serving = (days: number, change: Parameters<typeof addCertificate>[3] = {}, suffix = '') => {
  const id = `kubelet-serving${suffix}`;
  const node = addCertificate(kubeadm(200), id, days, { owner: 'kubelet', place: pem, ...change });
  return withCertificate(node, id, { certificate: { usages: ['serverAuth'], isCa: suffix !== '' } });
};
const rotated = { ...pem, path: '/var/lib/kubelet/pki/kubelet-client-current.pem' };
const embedded = {
  kind: 'kubeconfig',
  path: '/etc/kubernetes/kubelet.conf',
  entry: 'user',
  name: 'n',
  index: 0,
} as const;
/** A kubelet.conf with a certificate of its own, beside the one that the kubelet rotates. */
const conf = (days: number, rotatedDays = 200, change: Parameters<typeof addCertificate>[3] = {}) => {
  const node = addCertificate(kubelet(rotatedDays, { place: rotated }), 'kubelet.conf', days, {
    owner: 'kubelet',
    place: embedded,
    ...change,
  });
  return ['kubelet.conf', 'kubelet-client'].reduce(
    (all, id) => withCertificate(all, id, { certificate: { commonName: 'system:node:one', usages: ['clientAuth'] } }),
    node,
  );
};
const key = { path: '/k', mode: 0o600, readableByOthers: false };
const cluster = { kind: 'kubeconfig', path: '/c', entry: 'cluster', name: 'c', index: 0 } as const;
const copy = { owner: 'copy' } as const;
const sameAsAdmin = (days: number) => {
  const node = addCertificate(kubeadm(days), '/home/a/.kube/config', days, copy);
  return withCertificate(node, '/home/a/.kube/config', { certificate: { fingerprint: 'fingerprint of admin.conf' } });
};

const table: Row[] = [
  ['a chain member', 'keep', 'apiserver', apiserver(10, { place: chain })],
  ["a kubeconfig's cluster entry", 'keep', 'apiserver', apiserver(10, { place: cluster })],
  [
    "an operator's intermediate",
    'escalate OPERATOR_RENEWS',
    'ingress#1',
    addCertificate(kubeadm(200), 'ingress#1', 10, { place: { ...chain, path: '/etc/ssl/ingress.crt' } }),
  ],
  ['not yet valid', 'escalate NOT_YET_VALID', 'apiserver', apiserver(90, { certificate: { notBefore: NOW + 1 } })],
  ['a CA far from its end', 'keep', 'ca', kubeadm(200, 366)],
  ['a CA within a year', 'escalate CA_ENDING', 'ca', kubeadm(200, 365)],
  ['a CA that has ended', 'escalate CA_EXPIRED', 'ca', kubeadm(200, -1)],
  ['a copy of what the node holds', 'keep', '/home/a/.kube/config', sameAsAdmin(10)],
  [
    'a copy of something else, due',
    'escalate COPY_ENDING',
    '/home/a/.kube/config',
    addCertificate(kubeadm(200), '/home/a/.kube/config', 10, copy),
  ],
  [
    'a copy of something else, not due',
    'keep',
    '/home/a/.kube/config',
    addCertificate(kubeadm(200), '/home/a/.kube/config', 200, copy),
  ],
  ["the kubelet's, rotation still possible", 'keep', 'kubelet-client', kubelet(31)],
  ["the kubelet's, late", 'escalate KUBELET_NOT_ROTATING', 'kubelet-client', kubelet(30)],
  [
    'a serving certificate that the kubelet signed itself',
    'escalate KUBELET_SERVING_ENDING',
    'kubelet-serving',
    serving(20),
  ],
  ...(
    [
      ['embedded and late, the rotated one is fresh', 'escalate KUBELET_CONF_OUTDATED', conf(-3)],
      ['embedded, rotation still possible', 'keep', conf(200, 300)],
      ['embedded and late, and so is the rotated one', 'escalate KUBELET_NOT_ROTATING', conf(20, 20)],
      ['embedded and late, and the rotated one has expired since', 'escalate KUBELET_NOT_ROTATING', conf(-9, -1)],
      [
        'a previous file beside a fresh rotated one',
        'escalate KUBELET_CONF_OUTDATED',
        conf(-3, 200, { place: { ...pem, path: '/var/lib/kubelet/pki/kubelet-client-2020.pem' } }),
      ],
      [
        'another user than that of the rotated one',
        'escalate KUBELET_NOT_ROTATING',
        withCertificate(conf(-3), 'kubelet.conf', { certificate: { commonName: 'system:node:other' } }),
      ],
      [
        'what is behind the leaf was not rotated',
        'escalate KUBELET_NOT_ROTATING',
        withCertificate(conf(-3), 'kubelet-client', { place: { ...rotated, index: 1 } }),
      ],
    ] as const
  ).map(([what, verdict, node]): Row => [`kubelet.conf: ${what}`, verdict, 'kubelet.conf', node]),
  ['the same, rotation still possible', 'keep', 'kubelet-serving', serving(200)],
  [
    'a serving certificate that the cluster signs, late',
    'escalate KUBELET_NOT_ROTATING',
    'kubelet-serving',
    serving(20, { place: { ...pem, path: '/var/lib/kubelet/pki/kubelet-server-current.pem' } }),
  ],
  [
    'another file of the kubelet for clients, late',
    'escalate KUBELET_NOT_ROTATING',
    'kubelet-client',
    kubelet(20, { place: { ...pem, path: '/etc/kubelet-client.crt' } }),
  ],
  [
    "the kubelet's throw-away CA, behind its leaf",
    'keep',
    'kubelet-serving#1',
    serving(20, { place: { ...pem, index: 1 } }, '#1'),
  ],
  ['an external CA, due', 'escalate EXTERNAL_CA', 'apiserver', inventoryOf('kubeadm-external-ca', { days: 60 })],
  ['an external CA, not due', 'keep', 'apiserver', inventoryOf('kubeadm-external-ca', { days: 91 })],
  ['beside an external CA', 'renew URGENT', 'etcd-peer', inventoryOf('kubeadm-external-ca', { days: 20 })],
  ["an operator's, due", 'escalate OPERATOR_RENEWS', 'ingress', addCertificate(kubeadm(200), 'ingress', 20)],
  ["an operator's, not due", 'keep', 'ingress', addCertificate(kubeadm(200), 'ingress', 100)],
  [
    'left behind by another tool, due',
    'escalate OTHER_TOOL',
    'old',
    addCertificate(kubeadm(200), 'old', 20, { owner: 'k3s' }),
  ],
  ['left behind by another tool, not due', 'keep', 'old', addCertificate(kubeadm(200), 'old', 200, { owner: 'k3s' })],
  [
    'its CA has ended',
    'escalate ISSUER_EXPIRED',
    'apiserver',
    apiserver(60, { issuance: { ca: 'ca', state: 'signed', caNotAfter: NOW - 1 } }),
  ],
  [
    'it outlives its CA',
    'escalate OUTLIVES_CA',
    'apiserver',
    apiserver(60, { issuance: { ca: 'ca', state: 'signed', caNotAfter: NOW + 50 * DAY } }),
  ],
  [
    'it expires with its CA, which a renewal cannot change',
    'escalate OUTLIVES_CA',
    'apiserver',
    apiserver(20, { issuance: { ca: 'ca', state: 'signed', caNotAfter: NOW + 20 * DAY } }),
  ],
  ['the key differs', 'escalate KEY_MISMATCH', 'apiserver', apiserver(20, { key: { ...key, state: 'differs' } })],
  ['the key is missing', 'escalate KEY_MISMATCH', 'apiserver', apiserver(200, { key: { ...key, state: 'missing' } })],
  ['no key is expected', 'renew URGENT', 'apiserver', apiserver(20, { key: { state: 'not-expected' } })],
  [
    'K3s: the key differs',
    'escalate KEY_MISMATCH',
    'client-admin',
    withCertificate(k3s(20), 'client-admin', { key: { ...key, state: 'differs' } }),
  ],
  [
    'K3s: the key is missing, which a restart heals',
    'renew URGENT',
    'client-admin',
    withCertificate(k3s(20), 'client-admin', { key: { ...key, state: 'missing' } }),
  ],
  [
    'signed by another CA',
    'escalate NOT_SIGNED_BY_CA',
    'apiserver',
    apiserver(20, { issuance: { ca: 'ca', state: 'not-signed', caNotAfter: NOW + 900 * DAY } }),
  ],
  [
    'signed by the second CA of the file: kubeadm signs with the first',
    'escalate CA_ROTATION_UNDER_WAY',
    'apiserver',
    rotating(kubeadm(20), 'ca', ['apiserver']),
  ],
  [
    'signed by the first of two CAs: the rotation is over here',
    'renew URGENT',
    'apiserver',
    rotating(kubeadm(20), 'ca', []),
  ],
  [
    'K3s: signed by the second CA of the file',
    'renew URGENT',
    'client-admin',
    rotating(k3s(20), 'client-ca', ['client-admin']),
  ],
  [
    'K3s: signed by another CA, which a restart heals',
    'renew URGENT',
    'client-admin',
    withCertificate(k3s(20), 'client-admin', {
      issuance: { ca: 'client-ca', state: 'not-signed', caNotAfter: NOW + 900 * DAY },
    }),
  ],
];

testVerdicts(table);

test('what nobody renews names every file to delete', () => {
  const { verdict } = decisionOn('kubelet-serving', serving(20, { key: { ...key, state: 'matches' } }));
  assert.match(
    JSON.stringify(verdict),
    /no program renews it.*Delete \/var\/lib\/kubelet\/pki\/kubelet\.crt and \/k and restart/,
  );
  for (const one of [{ state: 'not-expected' }, { ...key, state: 'matches', path: pem.path }] as const)
    assert.match(
      JSON.stringify(decisionOn('kubelet-serving', serving(20, { key: one }))),
      /Delete \S+kubelet\.crt and restart/,
    );
});
