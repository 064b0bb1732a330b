import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Api } from '../../src/cluster/api/api.ts';
import { readLease, writeLease } from '../../src/cluster/lease-object.ts';
import { acquiring, creating, LEASE, type LeaseRecord, releasing } from '../../src/domain/cluster/lease.ts';
import { adminKubeconfig, apiFor, serverFor } from './support.ts';

const COLLECTION = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const NOW = Date.parse('2026-11-27T02:14:00.250Z');

async function record(api: Api): Promise<LeaseRecord | null> {
  const seen = await readLease(api);
  assert.notEqual(seen.state, 'unreadable', JSON.stringify(seen));
  return seen.state === 'read' ? seen.record : null;
}

test('of two that find it free at once, one gets it', async (t) => {
  const server = await serverFor(t);
  const apis = [await apiFor(t, adminKubeconfig(server)), await apiFor(t, adminKubeconfig(server))];
  assert.deepEqual(await Promise.all(apis.map(record)), [null, null]);
  const created = await Promise.all(apis.map((api) => writeLease(api, creating(NOW))));
  assert.deepEqual(created.map(({ state }) => state).sort(), ['conflict', 'written']);
  const seen = await Promise.all(apis.map(record));
  const outcomes = await Promise.all(apis.map((api, at) => writeLease(api, acquiring(`cp-${at}`, seen[at]!, NOW))));
  assert.deepEqual(outcomes.map(({ state }) => state).sort(), ['conflict', 'written']);
  const won = outcomes.findIndex(({ state }) => state === 'written');
  assert.equal((await record(apis[0]!))?.holder, `cp-${won}`);
});

test('of two that find it released at once, one gets it', async (t) => {
  const server = await serverFor(t);
  const apis = [await apiFor(t, adminKubeconfig(server)), await apiFor(t, adminKubeconfig(server))];
  await writeLease(apis[0]!, creating(NOW));
  await writeLease(apis[0]!, acquiring('cp-0', (await record(apis[0]!))!, NOW));
  const released = await writeLease(apis[0]!, releasing((await record(apis[0]!))!, NOW));
  assert.equal(released.state, 'written');
  const seen = await Promise.all(apis.map(record));
  assert.deepEqual(
    seen.map((one) => one?.holder),
    [null, null],
  );
  const outcomes = await Promise.all(apis.map((api, at) => writeLease(api, acquiring(`cp-${at}`, seen[at]!, NOW))));
  assert.deepEqual(outcomes.map(({ state }) => state).sort(), ['conflict', 'written']);
  assert.equal((await record(apis[0]!))?.transitions, 2);
});

test('what is written is what kubectl shows', async (t) => {
  const server = await serverFor(t);
  const api = await apiFor(t, adminKubeconfig(server));
  await writeLease(api, creating(NOW));
  await writeLease(api, acquiring('cp-1', (await record(api))!, NOW));
  const lease = server.objects.get(`${COLLECTION}/${LEASE.name}`)!;
  assert.deepEqual([lease.apiVersion, lease.kind], ['coordination.k8s.io/v1', 'Lease']);
  assert.deepEqual(lease.spec, {
    holderIdentity: 'cp-1',
    leaseDurationSeconds: 60,
    leaseTransitions: 1,
    acquireTime: '2026-11-27T02:14:00.250000Z',
    renewTime: '2026-11-27T02:14:00.250000Z',
  });
});

describe('what another program made of the Lease', () => {
  const metadata = { name: LEASE.name };
  const cases: [string, Record<string, unknown>, Partial<LeaseRecord> | 'unreadable'][] = [
    ['nothing in it', {}, { holder: null, durationSeconds: null }],
    ['null', { spec: null }, { holder: null }],
    ['an empty holder', { spec: { holderIdentity: '' } }, { holder: null }],
    ['no times', { spec: { holderIdentity: 'cp-2' } }, { holder: 'cp-2', renewTime: null }],
    ['a holder with an escape sequence', { spec: { holderIdentity: '\u001b[2Jcp' } }, 'unreadable'],
    ['a holder of a mebibyte', { spec: { holderIdentity: 'x'.repeat(100_000) } }, 'unreadable'],
    ['a time with a line end', { spec: { renewTime: '2026\nfake' } }, 'unreadable'],
    ['a negative duration', { spec: { leaseDurationSeconds: -5 } }, 'unreadable'],
    ['a number for a name', { spec: { holderIdentity: 7 } }, 'unreadable'],
  ];
  for (const [what, body, expected] of cases) {
    test(what, async (t) => {
      const server = await serverFor(t);
      server.objects.put(COLLECTION, { metadata, ...body });
      const seen = await readLease(await apiFor(t, adminKubeconfig(server)));
      if (expected === 'unreadable') assert.equal(seen.state, 'unreadable');
      else assert.partialDeepStrictEqual(seen, { state: 'read', record: expected });
    });
  }
});

describe('an API that does not do as it should', () => {
  test('reading', async (t) => {
    const server = await serverFor(t);
    const api = await apiFor(t, adminKubeconfig(server));
    const whys: [Parameters<typeof server.faults>[0], string][] = [
      [{ mode: 'garbage' }, 'away'],
      [{ mode: 'broken' }, 'away'],
      [{ mode: 'none', retryAfter: 1 }, 'away'],
      [{ retryAfter: null, forbidden: ['get leases'] }, 'forbidden'],
      [{ forbidden: [], unauthorized: true }, 'no-credentials'],
    ];
    for (const [faults, why] of whys) {
      server.faults(faults);
      const seen = await readLease(api);
      assert.equal(seen.state === 'unreadable' && seen.why, why, JSON.stringify(faults));
    }
  });

  test('writing: what may have been done is unknown, and what was not done is refused', async (t) => {
    const server = await serverFor(t);
    const api = await apiFor(t, adminKubeconfig(server));
    const states: [Parameters<typeof server.faults>[0], string][] = [
      [{ mode: 'cut' }, 'unknown'],
      [{ mode: 'broken' }, 'unknown'],
      [{ mode: 'garbage' }, 'unknown'],
      [{ mode: 'agrees' }, 'unknown'],
      [{ mode: 'none', retryAfter: 1 }, 'refused'],
      [{ retryAfter: null, forbidden: ['create leases'] }, 'refused'],
    ];
    for (const [faults, state] of states) {
      server.faults(faults);
      server.objects.delete(`${COLLECTION}/${LEASE.name}`);
      const outcome = await writeLease(api, creating(NOW), { limit: 300_000 });
      assert.equal(outcome.state, state, JSON.stringify(faults));
    }
  });
});
