import type { Disruption } from '../../../src/domain/cluster/disruption.ts';
import type { Intent } from '../../../src/domain/cluster/intent.ts';
import type { LeaseRecord } from '../../../src/domain/cluster/lease.ts';
import { type Memory, rememberedMembers } from '../../../src/domain/cluster/memory.ts';
import type { ClusterSeen, MemberSeen, PeerSeen } from '../../../src/domain/cluster/seen.ts';

export const WALL = Date.UTC(2026, 10, 27, 2, 14);
export const STOPS: Disruption = { kind: 'stops', etcd: true, api: true };

export const intent = (changes: Partial<Intent> = {}): Intent => ({
  phase: 'wants',
  disruption: STOPS,
  isUrgent: false,
  hasExpired: false,
  isKeptDown: false,
  recovers: false,
  slot: 600_000,
  ...changes,
});

/** cp-1 of three, all of them well; the Lease exists and is free. */
export function seen(changes: Partial<ClusterSeen> = {}, at = 0): ClusterSeen {
  return {
    self: 'cp-1',
    asked: { wall: WALL + at, steady: at },
    at: { wall: WALL + at, steady: at },
    lease: { state: 'read', record: lease() },
    members: ['cp-1', 'cp-2', 'cp-3'],
    peers: [peer('cp-2'), peer('cp-3')],
    etcd: { kind: 'members', members: [member('cp-1'), member('cp-2'), member('cp-3')] },
    own: { ready: true, etcd: true },
    ...changes,
  };
}

export const peer = (name: string, ready = true): PeerSeen => ({ name, ready, detail: ready ? 'ok' : 'no answer' });

export const member = (name: string, healthy = true): MemberSeen => ({
  name: `etcd-${name}`,
  node: name,
  healthy,
  detail: healthy ? 'ok' : 'no answer',
});

export const lease = (changes: Partial<LeaseRecord> = {}): LeaseRecord => ({
  resourceVersion: '7',
  uid: 'u1',
  holder: null,
  durationSeconds: 60,
  acquireTime: '2026-11-27T02:10:00.000000Z',
  renewTime: '2026-11-27T02:13:00.000000Z',
  transitions: 3,
  ...changes,
});

export const memory = (changes: Partial<Memory> = {}): Memory => ({
  ...rememberedMembers(['cp-1', 'cp-2', 'cp-3']),
  ...changes,
});

/** As the API lists a Node. `state` null: no certagent has annotated it. */
export function listedNode(
  name: string,
  state: string | null,
  seen = '2026-11-27T11:00:00Z',
  firstExpiry = '2027-05-01T00:00:00Z',
) {
  return {
    name,
    isServer: name.startsWith('cp'),
    annotations:
      state === null
        ? {}
        : { 'certagent.io/state': state, 'certagent.io/seen': seen, 'certagent.io/first-expiry': firstExpiry },
  };
}
