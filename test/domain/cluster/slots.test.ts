import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotOf, slotTurn, slotWaitsFor } from '../../../src/domain/cluster/slots.ts';
import { memory, peer, seen } from './parts.ts';

const SLOT = 600_000;
const [all, noPredecessor] = [
  [peer('cp-2'), peer('cp-3')],
  [peer('cp-2'), peer('cp-3', false)],
];
/** cp-1 at a part of slot `number`; slots 0, 3, 6 … are its own, and cp-3 comes before it. */
const at = (number: number, part: number, peers = all, delayedSlot: number | null = null, more = {}) => {
  const clocks = { wall: (number + part) * SLOT, steady: 0 };
  return slotTurn(seen({ at: clocks, peers, ...more }), memory({ delayedSlot }), SLOT);
};
const begin = { kind: 'begin' };
const wait = (until: number, whom: string | null = null, delayedSlot: number | null = null) => ({
  kind: 'wait',
  whom,
  until: until * SLOT,
  delayedSlot,
});

test('a node begins in the first part of its own slot', () => {
  assert.deepEqual(at(3, 0), begin);
  assert.deepEqual(at(3, 0.29), begin);
  assert.deepEqual(at(3, 0.31), wait(6), 'too late: the next time');
  assert.deepEqual(at(4, 0.1), wait(6));
  assert.deepEqual(at(5, 0.9), wait(6));
});

test('a predecessor that is not ready delays it by one slot, once', () => {
  assert.deepEqual(at(3, 0.1, noPredecessor), wait(4.5, 'cp-3', 3));
  assert.deepEqual(at(3, 0.6, noPredecessor, 3), wait(4.5, 'cp-3', 3));
  assert.deepEqual(at(4, 0.2, noPredecessor, 3), wait(4.5, 'cp-3', 3));
  assert.deepEqual(at(4, 0.5, noPredecessor, 3), begin, 'it goes anyway');
  assert.deepEqual(at(4, 0.81, noPredecessor, 3), wait(6), 'that slot is over, too');
  assert.deepEqual(at(3, 0.2, all, 3), begin, 'it came back in time');
});

test('a delayed node does not begin while the node of that slot is in its renewal', () => {
  const away = [peer('cp-2', false), peer('cp-3', false)];
  assert.deepEqual(at(4, 0.6, away, 3), wait(4.6, 'cp-2', 3));
  assert.deepEqual(at(4, 0.6, away, 3, { own: { ready: false, etcd: null } }), begin, 'no API answers anywhere');
});

test('of two, the delayed node does not wait for the other one a second time', () => {
  const known = memory({ members: ['cp-1', 'cp-2'], delayedSlot: 2 });
  const observed = seen({ at: { wall: 3.5 * SLOT, steady: 0 }, peers: [peer('cp-2', false)] });
  assert.deepEqual(slotTurn(observed, known, SLOT), begin);
});

test('whom it waits for besides: not its predecessor, not the dead, nobody where no API answers', () => {
  const away = seen({ peers: [peer('cp-2', false), peer('cp-3', false)] }, 30 * 60_000);
  assert.deepEqual(
    slotWaitsFor(away, memory()).map(({ name }) => name),
    ['cp-2'],
  );
  assert.deepEqual(slotWaitsFor(away, memory({ silentSince: { 'cp-2': 0 } })), []);
  assert.deepEqual(slotWaitsFor({ ...away, own: { ready: false, etcd: null } }, memory()), []);
  assert.equal(slotWaitsFor(away, memory({ members: [] })).length, 2);
});

test('without any membership the name alone chooses a slot', () => {
  const starts = ['cp-1', 'cp-2', 'cp-3'].map((self) => {
    const turns = Array.from({ length: 12 }, (_, number) =>
      slotTurn(seen({ self, at: { wall: number * SLOT, steady: 0 } }), memory({ members: [] }), SLOT),
    );
    assert.equal(turns.filter(({ kind }) => kind === 'begin').length, 1);
    const number = turns.findIndex(({ kind }) => kind === 'begin');
    const late = seen({ self, at: { wall: (number + 0.5) * SLOT, steady: 0 } });
    assert.deepEqual(slotTurn(late, memory({ members: [] }), SLOT), wait(number + 12));
    assert.deepEqual(turns[(number + 11) % 12], wait(((number + 11) % 12) + 1));
    return number;
  });
  assert.equal(new Set(starts).size, 3);
});

test('an RKE2 server has four times as long', () => {
  assert.deepEqual([slotOf('rke2'), slotOf('k3s'), slotOf(null)], [40 * 60_000, SLOT, SLOT]);
});
