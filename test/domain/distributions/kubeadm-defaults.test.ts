// kubeadm falls back to its defaults where it cannot read its configuration: said before, and noticed afterwards.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultsUsed } from '../../../src/domain/distributions/kubeadm-defaults.ts';
import { kubeadmWarnings } from '../../../src/domain/distributions/kubeadm-warnings.ts';
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import { expectation } from '../../../src/domain/plan/expectations.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NOW, SETTINGS, withCertificate, withPreconditions } from '../../support/inventory.ts';

type Change = { keyType?: string; days?: number; caDays?: number };

/** apiserver.crt: granted for `days`, by a CA that began `caDays` ago. */
const node = ({ keyType = 'RSA 2048', days = 365, caDays = 900 }: Change = {}): Inventory => {
  const ca = withCertificate(inventoryOf('kubeadm', { days }), 'ca', {
    certificate: { notBefore: NOW - caDays * DAY },
  });
  return withCertificate(ca, 'apiserver', { certificate: { keyType, notBefore: NOW } });
};
const find = (inventory: Inventory) => inventory.certificates.find(({ id }) => id === 'apiserver');
const apiserver = (inventory: Inventory) => find(inventory)!;

const codes: [what: string, old: Inventory, renewed: Change, expected: string[]][] = [
  ['the same as before', node(), {}, []],
  [
    'the same as before, and no default',
    node({ keyType: 'EC P-256', days: 20 }),
    { keyType: 'EC P-256', days: 20 },
    [],
  ],
  ['another key type', node({ keyType: 'EC P-256' }), {}, ['KEY_TYPE_CHANGED']],
  ['a longer key than the default was configured', node(), { keyType: 'RSA 4096' }, []],
  ['a shorter lifetime', node({ days: 3_650 }), {}, ['LIFETIME_CHANGED']],
  ['a longer lifetime', node({ days: 20 }), {}, ['LIFETIME_CHANGED']],
  ['a lifetime that somebody configured', node({ days: 20 }), { days: 60 }, []],
  ["the CA's notBefore: nobody knows what was granted", node({ days: 20, caDays: 0 }), {}, []],
  ['both', node({ keyType: 'EC P-256', days: 20 }), {}, ['KEY_TYPE_CHANGED', 'LIFETIME_CHANGED']],
];
for (const [what, old, renewed, expected] of codes)
  test(`kubeadm's defaults, afterwards: ${what}`, () => {
    const expect = expectation(apiserver(old), old);
    const { certificate } = apiserver(node(renewed));
    assert.deepEqual(
      defaultsUsed([{ expect, certificate }]).map(({ code }) => code),
      expected,
    );
  });

test("kubeadm's defaults, afterwards: all certificates are one message", () => {
  const inventory = node({ keyType: 'EC P-256', days: 20 });
  const one = { expect: expectation(apiserver(inventory), inventory), certificate: apiserver(node()).certificate };
  const other = { ...one, expect: { ...one.expect, id: 'etcd-peer' } };
  const unknown = { ...one, expect: { ...one.expect, id: 'new', old: null } };
  assert.deepEqual(
    defaultsUsed([one, other, unknown]).map(({ message }) => message),
    [
      "kubeadm gave an RSA 2048 key, kubeadm's default, instead of EC P-256: apiserver, etcd-peer",
      "kubeadm gave a lifetime of 365 d, kubeadm's default, instead of 20 d: apiserver, etcd-peer",
    ],
  );
});

const ec = node({ keyType: 'EC P-256' });
const healthy = (inventory: Inventory, healthy: boolean) =>
  withPreconditions(inventory, {
    components: inventory.preconditions.components.map((one) =>
      one.name === 'kube-apiserver' ? { ...one, healthy } : one,
    ),
  });
const expired = (id: string) => withCertificate(ec, id, { certificate: { notAfter: NOW - DAY } });
const without = (id: string) => ({ ...ec, certificates: ec.certificates.filter((one) => one.id !== id) });

const warnings: [what: string, inventory: Inventory, config: string | null, expected: RegExp | null][] = [
  ['the API answers', ec, null, null],
  ['the API does not answer', healthy(ec, false), null, /\(kube-apiserver does not answer\).*renew\.kubeadm_config/],
  ['nor does it, and there is a configuration', healthy(ec, false), '/k.yaml', null],
  ['nor does it, and all is as the defaults are', healthy(node(), false), null, null],
  ['nor does it, and the lifetime is another', healthy(node({ days: 20 }), false), null, /valid for one year/],
  ['there is no kube-apiserver', withPreconditions(ec, { components: [] }), null, /kube-apiserver does not answer/],
  ['admin.conf has expired', expired('admin.conf'), null, /admin\.conf has expired/],
  ['admin.conf is missing', without('admin.conf'), null, /admin\.conf is missing/],
  ['apiserver.crt has expired', expired('apiserver'), null, /apiserver\.crt has expired/],
  ['apiserver.crt is missing', without('apiserver'), null, null],
];
for (const [what, inventory, kubeadmConfig, expected] of warnings)
  test(`kubeadm's defaults, before: ${what}`, () => {
    const settings = { ...SETTINGS, kubeadmConfig };
    const renewed = [find(inventory) ?? apiserver(ec)];
    const [warning] = kubeadmWarnings({ inventory, settings, renewed, heals: [], backup: '/b', isMaintenance: true });
    if (expected === null) assert.equal(warning, undefined);
    else assert.match(warning!, expected);
  });
