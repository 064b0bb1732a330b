import type { Intent } from './intent.ts';
import type { Memory } from './memory.ts';
import { isDownAlready } from './obstacles.ts';
import type { ClusterSeen } from './seen.ts';
import type { Way } from './turn.ts';

/** Why a plan needs no turn; null: it needs one. */
export function withoutTurn(intent: Intent, seen: ClusterSeen, memory: Memory): { how: Way; why: string } | null {
  const { disruption } = intent;
  if (disruption.kind === 'none') return { how: 'stops-nothing', why: 'the plan stops nothing' };
  if (memory.members.length === 1 && seen.peers.length === 0)
    return { how: 'alone', why: 'this is the only server of its cluster' };
  // Down for another reason, it may be back before the plan stops it.
  if ((intent.hasExpired || intent.isKeptDown || intent.recovers) && isDownAlready(disruption, seen))
    return { how: 'down-already', why: 'what the plan restarts is down already, so nothing is lost' };
  if (intent.hasExpired && !seen.own.ready && seen.peers.every(({ ready }) => !ready))
    return { how: 'all-expired', why: 'everything has expired and no API answers: all nodes heal at once' };
  return null;
}
