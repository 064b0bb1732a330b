import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentTurn } from '../../../src/domain/cluster/agents.ts';
import { isLastResort } from '../../../src/domain/cluster/intent.ts';
import { acquiring, creating, expiresAfter, releasing, renewing } from '../../../src/domain/cluster/lease.ts';
import { mayBegin } from '../../../src/domain/cluster/may-begin.ts';
import { afterWrite, mayDisturb, remember, rememberedMembers } from '../../../src/domain/cluster/memory.ts';
import { mayBeFirst, succeeds } from '../../../src/domain/cluster/succession.ts';
import { lease, memory, peer, seen, WALL } from './parts.ts';

const MINUTE = 60_000;
const clocks = (at: number) => ({ wall: WALL + at, steady: at });
const own = lease({ holder: 'cp-1' });

test('what is written, to the letter', () => {
  assert.deepEqual(acquiring('cp-1', lease(), WALL), {
    why: 'acquire',
    resourceVersion: '7',
    uid: 'u1',
    spec: {
      holderIdentity: 'cp-1',
      leaseDurationSeconds: 60,
      acquireTime: '2026-11-27T02:14:00.000000Z',
      renewTime: '2026-11-27T02:14:00.000000Z',
      leaseTransitions: 4,
    },
  });
  assert.deepEqual(renewing('cp-1', own, WALL).spec, {
    ...acquiring('cp-1', lease(), WALL).spec,
    acquireTime: own.acquireTime,
    leaseTransitions: 3,
  });
  assert.equal(renewing('cp-1', { ...own, acquireTime: null }, WALL).spec.acquireTime, '2026-11-27T02:14:00.000000Z');
  const released = releasing({ ...own, acquireTime: null }, WALL).spec;
  assert.deepEqual([released.holderIdentity, released.leaseDurationSeconds], ['', 1]);
  assert.equal(releasing(own, WALL).spec.acquireTime, own.acquireTime);
  const { resourceVersion, spec } = creating(WALL);
  assert.deepEqual([resourceVersion, spec.holderIdentity, spec.leaseTransitions], [null, '', 0]);
});

test('a duration that somebody wrote is believed within limits', () => {
  const after = [null, 1, 60, 120, 1e9].map((durationSeconds) => expiresAfter(lease({ durationSeconds })));
  assert.deepEqual(after, [MINUTE, MINUTE, MINUTE, 2 * MINUTE, 10 * MINUTE]);
});

test('a Lease is valid from when its write was sent, and a step begins only while enough of it is left', () => {
  const write = acquiring('cp-1', lease(), WALL);
  const held = afterWrite(memory(), write, { state: 'written', record: own }, clocks(0), clocks(9_000));
  assert.deepEqual(held.held, { sentAt: 0 });
  assert.deepEqual(
    [34_999, 35_000].map((steady) => mayDisturb(held, { steady })),
    [true, false],
  );
  const go = { kind: 'go', how: 'lease', why: '', asked: 0 } as const;
  assert.deepEqual(
    [10_000, 40_000].map((at) => mayBegin(go, held, clocks(at))),
    [true, false],
  );
  assert.deepEqual(
    [14_999, 15_000].map((at) => mayBegin({ ...go, how: 'down-already' }, held, clocks(at))),
    [true, false],
  );
  assert.equal(mayBegin({ ...go, how: 'slot' }, memory(), clocks(5 * MINUTE)), true);
});

test('what came of a write', () => {
  const held = memory({ held: { sentAt: 0 } });
  const after = (write: Parameters<typeof afterWrite>[1], outcome: Parameters<typeof afterWrite>[2]) =>
    afterWrite(held, write, outcome, clocks(20_000), clocks(21_000)).held;
  const renew = renewing('cp-1', own, WALL);
  assert.deepEqual(after(renew, { state: 'written', record: own }), { sentAt: 20_000 });
  assert.equal(after(renew, { state: 'conflict' }), null);
  assert.deepEqual(after(renew, { state: 'unknown', detail: 'time-out' }), { sentAt: 0 });
  assert.deepEqual(after(renew, { state: 'refused', why: 'away', detail: 'HTTP 500' }), { sentAt: 0 });
  for (const outcome of [
    { state: 'written', record: lease() },
    { state: 'unknown', detail: 'time-out' },
  ] as const)
    assert.equal(after(releasing(own, WALL), outcome), null);
});

test('what an observation adds to the memory', () => {
  const first = remember(rememberedMembers([]), seen({ members: ['cp-3', 'cp-2'] }, 1_000));
  assert.deepEqual(first.members, ['cp-1', 'cp-2', 'cp-3']);
  assert.deepEqual(first.lease, { version: '7', changedAt: 1_000 });
  const second = remember(first, seen({ members: null, peers: [peer('cp-2', false)] }, 2_000));
  assert.deepEqual([second.lease, second.silentSince], [first.lease, { 'cp-2': 2_000 }]);
  const unreadable = { lease: { state: 'unreadable', why: 'away', detail: '' } } as const;
  const third = remember(
    { ...second, held: { sentAt: 0 } },
    seen({ ...unreadable, peers: [peer('cp-2', false)] }, 3_000),
  );
  assert.deepEqual([third.silentSince, third.unreadableSince, third.held], [{ 'cp-2': 2_000 }, 3_000, { sentAt: 0 }]);
  assert.equal(remember(third, seen(unreadable, 4_000)).unreadableSince, 3_000);
  assert.equal(third.refusedSince, null);
  const lost = remember(
    third,
    seen({ lease: { state: 'read', record: lease({ resourceVersion: '8', holder: 'cp-2' }) } }, 5_000),
  );
  assert.deepEqual([lost.held, lost.lease, lost.silentSince], [null, { version: '8', changedAt: 5_000 }, {}]);
  assert.deepEqual(remember(rememberedMembers([]), seen({ members: null })).members, []);
});

test('who may succeed a holder', () => {
  const record = lease({ holder: 'cp-2' });
  const away = [peer('cp-2', false), peer('cp-3')];
  const known = memory({ lease: { version: '7', changedAt: 0 } });
  assert.equal(succeeds(lease(), seen({}, 2 * MINUTE), known), null);
  assert.equal(succeeds(record, seen({}, MINUTE - 1), known), null, 'it has not expired');
  assert.match(succeeds(record, seen({}, MINUTE), known) ?? '', /cp-2 is ready/);
  assert.equal(succeeds(record, seen({ peers: away }, MINUTE), known), null, 'it may be restarting');
  assert.match(succeeds(record, seen({ members: ['cp-1', 'cp-3'], peers: away }, MINUTE), known) ?? '', /not a node/);
  const silent = { ...known, silentSince: { 'cp-2': 0 } };
  assert.equal(succeeds(record, seen({ members: null, peers: away }, 29 * MINUTE), silent), null);
  assert.match(succeeds(record, seen({ members: null, peers: away }, 30 * MINUTE), silent) ?? '', /for 30 minutes/);
  assert.equal(mayBeFirst(seen({ peers: away }, 30 * MINUTE), silent), true);
  assert.equal(mayBeFirst(seen({}, MINUTE), memory()), false, 'it was never seen before');
});

test('the last resort begins 7 days before expiry, for short-lived certificates later', () => {
  const DAY = 24 * 60 * MINUTE;
  const left = (days: number, lifetime: number) =>
    isLastResort([{ notAfter: WALL + days * DAY, lifetime: lifetime * DAY }], WALL);
  assert.deepEqual(
    [left(8, 365), left(7, 365), left(3, 24), left(2, 24), left(-1, 24)],
    [false, true, false, true, true],
  );
});

test('an agent begins in its own minutes of the hour', () => {
  const hour = Date.UTC(2026, 10, 27, 2);
  assert.equal(agentTurn(0.5, hour), hour + 27.5 * MINUTE);
  assert.equal(agentTurn(0.5, hour + 28 * MINUTE), null);
  assert.equal(agentTurn(0.5, hour + 40 * MINUTE), hour + 87.5 * MINUTE);
  assert.equal(agentTurn(0, hour), null);
});
