import type { BlockerCheck } from '../decide/blocker-check.ts';
import type { Instant } from '../model/certificate.ts';
import type { Attempt, History } from '../model/decision.ts';
import type { CaRotation, Inventory } from '../model/inventory.ts';
import type { Draft } from '../plan/draft.ts';
import { day } from '../time/day.ts';
import { MINUTE } from '../time/duration.ts';

/**
 * New CAs that a server holds in its datastore (`certificate rotate-ca`) take effect at its next start, whoever does it: a
 * person should know that a renewal is such a start.
 */
export function rotationWarnings(
  { inventory, history }: Pick<Draft, 'inventory' | 'history'>,
  label: string,
): string[] {
  const rotation = storedRotation(inventory, history);
  if (rotation === null) return [];
  const { trigger, next } = rotation;
  const since = trigger === null ? '' : ` on ${day(trigger.placedAt)}`;
  if (next === null)
    return [
      `${trigger?.path} was created${since} and is newer than the CAs: new ones may be stored in the datastore (certificate rotate-ca), and then this start of ${label} loads them. certagent accepts them if the present CAs have signed them.`,
    ];
  const stored =
    trigger === null ? `If they are stored (certificate rotate-ca), this` : `They were stored${since}: this`;
  const trusted = next.isSigned ? 'which the present CAs have signed' : 'which the present CAs have not signed';
  return [`${next.directory} holds new CAs, ${trusted}. ${stored} start of ${label} loads them.`];
}

/** CAs that nothing vouches for end the trust of every kubeconfig and agent, at a moment that their operator chooses. */
export function foreignRotation(label: string): BlockerCheck {
  return {
    code: 'CA_ROTATION_UNDER_WAY',
    find: ({ inventory, history }) => {
      const rotation = storedRotation(inventory, history);
      if (rotation === null || rotation.trigger === null || rotation.next === null || rotation.next.isSigned) return [];
      const { directory } = rotation.next;
      return [
        {
          why: `the next start of ${label} loads the new CAs in ${directory}, which the present ones have not signed: every kubeconfig and agent would be refused`,
          remedy: `Restart ${label} yourself when you can replace kubeconfigs and join agents again. If these CAs are not stored in the datastore, remove ${directory}.`,
        },
      ];
    },
  };
}

/** Without a trigger file that a plan of certagent has left: the journal knows when plans ran. */
function storedRotation(
  { preconditions }: Pick<Inventory, 'preconditions'>,
  history: History | undefined,
): CaRotation | null {
  const { trigger = null, next = null } = preconditions.caRotation ?? {};
  const placed = trigger !== null && !isDuringPlan(trigger.placedAt, history?.attempts ?? []) ? trigger : null;
  return placed === null && next === null ? null : { trigger: placed, next };
}

/** What a killed agent had in hand may go on for a while. */
const LONGEST = 60 * MINUTE;

function isDuringPlan(at: Instant, attempts: Attempt[]): boolean {
  return attempts.some(({ startedAt, endedAt }) => startedAt <= at && at <= (endedAt ?? startedAt + LONGEST));
}
