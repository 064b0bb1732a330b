// Whether the renewal of one certificate restarts K3s where renew.k3s is "in-place": what `certagent explain` says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Renewal } from '../../../src/domain/model/decision.ts';
import { needsRestart } from '../../../src/domain/plan/needs-restart.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NO_HISTORY, NOW, SETTINGS, withCertificate, withPreconditions } from '../../support/inventory.ts';
import { k3sServer } from './rehearsal-parts.ts';

const fresh = withCertificate(k3sServer(), 'dynamic-cert', { certificate: { notAfter: NOW + 300 * DAY } });
const known = withPreconditions(fresh, { loadedAtStart: [] });
const SERVER = { ...known, certificates: known.certificates.filter(({ id }) => id !== 'client-kube-proxy') };
const NONE: Renewal = { kind: 'none', nextAt: null } as never;
const now = (ids: string[], more = {}): Renewal => ({ kind: 'now', ids, why: 'w', ...more }) as never;

type Given = { inventory?: typeof SERVER; renewal?: Renewal; inPlace?: boolean; isNew?: true };
const asked = (id: string, { inventory = SERVER, renewal = NONE, inPlace = true, isNew }: Given = {}) =>
  needsRestart(id, {
    ...{ inventory, renewal, settings: { ...SETTINGS, inPlace } },
    ...(isNew === true ? {} : { history: NO_HISTORY }),
  });

test('no restart where it can be done in place, and the listener is left to K3s', () => {
  assert.deepEqual(asked('client-admin'), { restart: null });
  assert.deepEqual(asked('client-admin', { isNew: true }), { restart: null });
  assert.deepEqual(asked('client-admin', { renewal: now(['client-admin']) }), { restart: null });
  assert.deepEqual(asked('client-admin', { renewal: now(['client-scheduler']) }), { restart: null });
  assert.deepEqual(asked('dynamic-cert'), { restart: null, byNode: true });
});

test('a restart where it cannot, with the reason', () => {
  const old = { ...SERVER, node: { ...SERVER.node, version: 'v1.30.0+k3s1' } };
  assert.match(asked('client-admin', { inventory: old })?.restart ?? '', /^K3s v1\.30\.0\+k3s1 does not load all/);
  const expired = withCertificate(SERVER, 'client-admin', { certificate: { notAfter: NOW - DAY } });
  assert.equal(
    asked('client-scheduler', { inventory: expired })?.restart,
    'client-admin has expired, and a running part of K3s can need five minutes to load its successor',
  );
  const heals = [{ id: 'client-admin' }];
  assert.match(asked('client-admin', { renewal: now(['client-admin'], { heals }) })?.restart ?? '', /broken/);
});

test('nothing is said where nobody wants that, or certagent does not renew it', () => {
  assert.equal(asked('client-admin', { inPlace: false }), null);
  assert.equal(asked('client-ca'), null);
  assert.equal(asked('apiserver', { inventory: inventoryOf('kubeadm', { days: 60 }) }), null);
});
