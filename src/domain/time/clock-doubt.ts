import type { Instant } from '../model/certificate.ts';
import type { Inventory } from '../model/inventory.ts';
import { day } from './day.ts';
import { DAY, formatDuration, MINUTE } from './duration.ts';

/** What certagent knows of the clock in addition to the time that it shows. */
export type ClockEvidence = {
  /** The newest moment that certagent has written down; null when it has written nothing yet. */
  newestSeen: Instant | null;
  /** Milliseconds by which the clock moved against the monotonic one within the last hour; 0 in a process that just began. */
  jump: number;
  /** False where nothing synchronises this node's clock, and the operator says so. */
  requireSynchronized: boolean;
  /** A person asks for a renewal on such a node: what the clock showed before does not count against what it shows now. */
  vouchedFor: boolean;
};

/** Clocks are set by seconds all the time, and a record may be written just before that. */
const TOLERANCE = 5 * MINUTE;
const LARGE_JUMP = DAY;

/**
 * Why certagent does not believe the node's clock; null when it does. A synchronised clock is believed whatever it showed
 * before: a Raspberry Pi that boots in 1970 jumps once. A clock that shows a time before the CA was made is never believed.
 */
export function clockDoubt(
  { certificates, clock, takenAt }: Pick<Inventory, 'certificates' | 'clock' | 'takenAt'>,
  evidence: ClockEvidence,
): string | null {
  const unborn = certificates.find(
    ({ owner, certificate }) => owner === 'cluster-ca' && certificate.notBefore > takenAt,
  );
  if (unborn !== undefined)
    return `it shows a time before the CA ${unborn.id} was made (${day(unborn.certificate.notBefore)})`;
  if (clock.synchronized === true || evidence.vouchedFor) return null;
  if (evidence.newestSeen !== null && takenAt < evidence.newestSeen - TOLERANCE)
    return `it shows a time before one that certagent has already seen (${day(evidence.newestSeen)})`;
  if (Math.abs(evidence.jump) > LARGE_JUMP)
    return `it jumped ${evidence.jump > 0 ? 'forward' : 'back'} by ${formatDuration(Math.abs(evidence.jump))}`;
  if (clock.synchronized === false && evidence.requireSynchronized) return 'it is not synchronised';
  return null;
}
