import type { Instant } from '../model/certificate.ts';
import type { Inventory } from '../model/inventory.ts';
import { DAY, formatDuration, MINUTE } from './duration.ts';

/** What is known of the clock besides the time that it shows. */
export type ClockEvidence = {
  /** The newest moment that certagent has written down; null when it has written nothing yet. */
  newestSeen: Instant | null;
  /** Milliseconds by which the clock moved against the monotonic one within the last hour; 0 in a process that just began. */
  jump: number;
  /** False where the node has nothing to be synchronised with, and the operator says so. */
  requireSynchronized: boolean;
};

/** Clocks are set by seconds all the time, and a record may be written just before that. */
const TOLERANCE = 5 * MINUTE;
const LARGE_JUMP = DAY;

/**
 * Why the node's clock is not to be believed; null when it is. Synchronised, it is believed whatever it showed before: a
 * Raspberry Pi that boots in 1970 jumps once. A CA from the future is believed by no clock.
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
  if (clock.synchronized === true) return null;
  if (evidence.newestSeen !== null && takenAt < evidence.newestSeen - TOLERANCE)
    return `it shows a time before what certagent has already seen (${day(evidence.newestSeen)})`;
  if (Math.abs(evidence.jump) > LARGE_JUMP)
    return `it jumped ${evidence.jump > 0 ? 'forward' : 'back'} by ${formatDuration(Math.abs(evidence.jump))}`;
  if (clock.synchronized === false && evidence.requireSynchronized) return 'it is not synchronised';
  return null;
}

const day = (at: Instant): string => new Date(at).toISOString().slice(0, 10);
