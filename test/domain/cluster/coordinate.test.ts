import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coordinate } from '../../../src/domain/cluster/coordinate.ts';
import type { Intent } from '../../../src/domain/cluster/intent.ts';
import type { Memory } from '../../../src/domain/cluster/memory.ts';
import type { ClusterSeen } from '../../../src/domain/cluster/seen.ts';
import { waitingFor } from '../../../src/domain/cluster/turn.ts';
import { intent, lease, member, memory, peer, seen, WALL } from './parts.ts';

const MINUTE = 60_000;
/** The first of cp-1's own slots (of three) that begins after more than an hour. */
const OWN_SLOT = Math.ceil((WALL + 61 * MINUTE) / (30 * MINUTE)) * 30 * MINUTE;
const read = (changes: Parameters<typeof lease>[0]): Pick<ClusterSeen, 'lease'> => ({
  lease: { state: 'read', record: lease(changes) },
});
const away = { lease: { state: 'unreadable', why: 'away', detail: 'HTTP 429' } } as const;
const forbidden = { lease: { state: 'unreadable', why: 'forbidden', detail: 'HTTP 403' } } as const;
const down = { own: { ready: false, etcd: false } };
const alone = [peer('cp-2', false), peer('cp-3', false)];
const components = { kind: 'components', etcd: false, api: false } as const;

type Row = [what: string, result: string, Partial<Intent>, Partial<ClusterSeen>, Partial<Memory>?, number?];

const ROWS: Row[] = [
  ['the Lease is free', 'write acquire', {}, {}],
  ['it holds the Lease', 'go lease', {}, read({ holder: 'cp-1' }), { held: { sentAt: 0 } }, 10_000],
  ['its Lease is nearly over', 'write renew', {}, read({ holder: 'cp-1' }), { held: { sentAt: 0 } }, 40_000],
  ['a process that was killed held the Lease', 'write renew', {}, read({ holder: 'cp-1' })],
  ['another holds it', 'wait TURN_OF_ANOTHER cp-2', {}, read({ holder: 'cp-2' })],
  ['it does not exist', 'write create', {}, { lease: { state: 'absent' } }],
  ['it was just created', 'wait TURN_OF_ANOTHER null', {}, read({ transitions: 0 })],
  [
    'it was created a while ago',
    'write acquire',
    {},
    read({ transitions: 0 }),
    { lease: { version: '7', changedAt: 0 } },
    MINUTE,
  ],
  [
    'it was created, and a server is away',
    'wait TURN_OF_ANOTHER null',
    { isUrgent: true },
    { ...read({ transitions: 0 }), peers: [peer('cp-2', false), peer('cp-3')] },
    { lease: { version: '7', changedAt: 0 } },
    MINUTE,
  ],
  [
    'the plan stops nothing',
    'go stops-nothing',
    { disruption: { kind: 'none', etcd: false, api: false } },
    read({ holder: 'cp-2' }),
  ],
  ['the only server', 'go alone', {}, { members: ['cp-1'], peers: [], ...away }],
  ['the only server, as was seen before', 'go alone', {}, { members: null, peers: [], ...away }, { members: ['cp-1'] }],
  ['a peer is not ready', 'wait PEERS_NOT_READY cp-3', {}, { peers: [peer('cp-2'), peer('cp-3', false)] }],
  [
    'a peer is not ready, and it holds the Lease',
    'write release',
    {},
    { ...read({ holder: 'cp-1' }), peers: [peer('cp-2', false)] },
    { held: { sentAt: 0 } },
  ],
  ['a peer is not ready, but only components restart', 'write acquire', { disruption: components }, { peers: alone }],
  ['a peer is not ready in the last week', 'write acquire', { isUrgent: true }, { peers: alone }],
  [
    'a member is not healthy',
    'blocked QUORUM_AT_RISK',
    {},
    { etcd: { kind: 'members', members: [member('cp-1'), member('cp-2', false), member('cp-3')] } },
  ],
  [
    'one member of five is not healthy',
    'write acquire',
    {},
    {
      etcd: {
        kind: 'members',
        members: [member('cp-1'), member('cp-2', false), member('cp-3'), member('cp-4'), member('cp-5')],
      },
    },
  ],
  [
    'two members, both healthy',
    'blocked QUORUM_AT_RISK',
    {},
    { etcd: { kind: 'members', members: [member('cp-1'), member('cp-2')] } },
  ],
  [
    'two members, by force',
    'write acquire',
    { isUrgent: true },
    { etcd: { kind: 'members', members: [member('cp-1'), member('cp-2')] } },
  ],
  ['the members are not known', 'blocked QUORUM_AT_RISK', {}, { etcd: { kind: 'unknown', detail: 'no answer' } }],
  ['a database outside', 'write acquire', {}, { etcd: { kind: 'outside' } }],
  ['one member, several servers', 'write acquire', {}, { etcd: { kind: 'members', members: [member('cp-1')] } }],
  [
    'a kube-apiserver only, whatever etcd is',
    'write acquire',
    { disruption: { kind: 'stops', etcd: false, api: true } },
    { etcd: { kind: 'unknown', detail: '' } },
  ],
  [
    'expired and down, another holds the Lease',
    'go down-already',
    { hasExpired: true },
    { ...read({ holder: 'cp-2' }), ...down },
  ],
  [
    'a killed process left the server down',
    'go down-already',
    { recovers: true },
    { ...read({ holder: 'cp-2' }), ...down },
  ],
  [
    'a broken certificate keeps it down, and nothing was ever seen of the cluster',
    'go down-already',
    { isKeptDown: true },
    { ...away, ...down, members: null, peers: [] },
    { members: [] },
  ],
  [
    'a broken certificate of a server that runs',
    'wait TURN_OF_ANOTHER cp-2',
    { isKeptDown: true },
    read({ holder: 'cp-2' }),
  ],
  ['down for another reason', 'wait TURN_OF_ANOTHER cp-2', {}, { ...read({ holder: 'cp-2' }), ...down }],
  [
    'expired, and its member of etcd lives',
    'wait TURN_OF_ANOTHER cp-2',
    { hasExpired: true },
    { ...read({ holder: 'cp-2' }), own: { ready: false, etcd: true } },
  ],
  [
    'expired and down, its database outside',
    'go down-already',
    { hasExpired: true },
    { ...away, etcd: { kind: 'outside' }, own: { ready: false, etcd: null } },
  ],
  ['expired, but it answers', 'wait TURN_OF_ANOTHER cp-2', { hasExpired: true }, read({ holder: 'cp-2' })],
  [
    'expired, of a plan that restarts components',
    'wait TURN_OF_ANOTHER cp-2',
    { hasExpired: true, disruption: components },
    { ...read({ holder: 'cp-2' }), ...down },
  ],
  [
    'expired, of a plan that stops etcd alone',
    'go down-already',
    { hasExpired: true, disruption: { kind: 'stops', etcd: true, api: false } },
    { ...read({ holder: 'cp-2' }), ...down },
  ],
  [
    'everything has expired everywhere',
    'go all-expired',
    { hasExpired: true },
    { ...away, peers: alone, own: { ready: false, etcd: true } },
  ],
  ['the Lease cannot be read, and an API answers', 'wait TURN_OF_ANOTHER null', {}, away],
  [
    'so for an hour in the last week',
    'wait TURN_OF_ANOTHER null',
    { isUrgent: true },
    away,
    { unreadableSince: 0 },
    61 * MINUTE,
  ],
  [
    'so for an hour in the last week, in its slot',
    'go slot',
    { isUrgent: true },
    away,
    { unreadableSince: 0 },
    OWN_SLOT - WALL,
  ],
  ['forbidden, in the slot of cp-3', 'wait TURN_OF_ANOTHER null', {}, forbidden, { refusedSince: 0 }, MINUTE],
  // An API server that starts refuses everything for a moment.
  ['forbidden a moment ago, in its slot', 'wait TURN_OF_ANOTHER null', {}, forbidden, {}, OWN_SLOT - WALL],
  ['away before, then forbidden', 'wait TURN_OF_ANOTHER null', {}, forbidden, { unreadableSince: 0 }, OWN_SLOT - WALL],
  ['forbidden for a minute, in its slot', 'go slot', {}, forbidden, { refusedSince: 0 }, OWN_SLOT - WALL],
  [
    'forbidden, its predecessor away',
    'wait TURN_OF_ANOTHER cp-3',
    {},
    { ...forbidden, peers: [peer('cp-2'), peer('cp-3', false)] },
    { refusedSince: 0 },
    OWN_SLOT - WALL,
  ],
  [
    'forbidden, a member not healthy',
    'blocked QUORUM_AT_RISK',
    {},
    { ...forbidden, etcd: { kind: 'unknown', detail: '' } },
    { refusedSince: 0 },
    MINUTE,
  ],
  [
    'forbidden, cp-2 away',
    'wait PEERS_NOT_READY cp-2',
    { isUrgent: true },
    { ...forbidden, peers: [peer('cp-2', false), peer('cp-3')] },
    { refusedSince: 0 },
    MINUTE,
  ],
  ['idle', 'rest', { phase: 'idle' }, {}],
  ['idle, the Lease does not exist', 'write create', { phase: 'idle' }, { lease: { state: 'absent' } }],
  ['idle, and holds it', 'write release', { phase: 'idle' }, read({ holder: 'cp-1' })],
  ['idle, no API', 'rest', { phase: 'idle' }, away],
  ['its plan runs', 'rest', { phase: 'runs' }, read({ holder: 'cp-1' }), { held: { sentAt: 0 } }, 9_000],
  [
    'its plan runs for a while',
    'write renew',
    { phase: 'runs' },
    read({ holder: 'cp-1' }),
    { held: { sentAt: 0 } },
    10_000,
  ],
  ['its plan runs since before it was killed', 'write renew', { phase: 'runs' }, read({ holder: 'cp-1' })],
  ['its plan runs, and it lost the Lease', 'rest', { phase: 'runs' }, read({ holder: 'cp-2' })],
  ['its plan runs, no API', 'rest', { phase: 'runs' }, away],
];

for (const [what, result, wanted, observed, remembered = {}, at = 0] of ROWS)
  test(`${what}: ${result}`, () => {
    const { turn } = coordinate(intent(wanted), seen(observed, at), memory(remembered));
    const said = {
      go: () => turn.kind === 'go' && turn.how,
      write: () => turn.kind === 'write' && turn.write.why,
      wait: () => turn.kind === 'wait' && `${turn.code} ${turn.whom}`,
      blocked: () => turn.kind === 'blocked' && turn.blocker.code,
      rest: () => '',
    }[turn.kind]();
    assert.equal(`${turn.kind} ${said}`.trim(), result);
  });

test('it waits since it began to wait for the same node', () => {
  const held = (holder: string) => read({ holder });
  const first = coordinate(intent(), seen(held('cp-2')), memory());
  const second = coordinate(intent(), seen(held('cp-2'), 5_000), first.memory);
  const third = coordinate(intent(), seen(held('cp-3'), 50_000), second.memory);
  assert.ok(second.turn.kind === 'wait' && third.turn.kind === 'wait');
  assert.equal(waitingFor(second.turn, 'UTC'), 'waiting for cp-2, since 02:14');
  assert.equal(waitingFor(third.turn, 'Europe/Oslo'), 'waiting for cp-3, since 03:14');
  assert.equal(coordinate(intent(), seen(), third.memory).memory.waits, null);
  const passing = coordinate(intent(), seen(away), memory());
  assert.ok(passing.turn.kind === 'wait');
  assert.equal(waitingFor(passing.turn, 'UTC'), 'the Lease cannot be read: HTTP 429, since 02:14');
});

test('where the Lease may not be used, an alert says what to do', () => {
  assert.match(coordinate(intent(), seen(forbidden), memory()).degraded?.remedy ?? '', /certagent cluster manifest/);
  assert.equal(coordinate(intent(), seen(away), memory()).degraded, null);
  assert.equal(coordinate(intent(), seen(), memory()).degraded, null);
});

test('a blocked node says which members are away', () => {
  const members = [member('cp-1'), member('cp-2', false), { ...member('cp-3', false), node: null }];
  const { turn } = coordinate(intent(), seen({ etcd: { kind: 'members', members } }), memory());
  assert.ok(turn.kind === 'blocked');
  assert.equal(
    turn.blocker.why,
    'etcd needs 2 of its 3 members, and without this one 0 would be healthy (cp-2: no answer; etcd-cp-3: no answer)',
  );
});
