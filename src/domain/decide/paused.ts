import { date } from '../time/day.ts';
import type { BlockerCase, BlockerCheck } from './blocker-check.ts';
import { when } from './blocker-check.ts';

const REMEDY = 'To end the pause: certagent resume';

/** Renewals that a person has paused. A pause that outlasts a certificate is another matter than one that does not. */
export const pauseChecks: BlockerCheck[] = [
  {
    code: 'PAUSED_PAST_EXPIRY',
    find: (known) => {
      const expiring = firstDuring(known);
      if (expiring === null) return [];
      const { until, reason } = known.policy.pause!;
      const verb = expiring.certificate.notAfter <= known.now ? 'expired' : 'expires before that,';
      const why = `renewals are paused until ${date(until)} (${reason}), and ${expiring.id} ${verb} at ${date(expiring.certificate.notAfter)}`;
      return when(true, why, REMEDY);
    },
  },
  {
    code: 'PAUSED',
    find: (known) => {
      const { pause = null } = known.policy;
      const holds = pause !== null && pause.until > known.now && firstDuring(known) === null;
      return when(holds, `renewals are paused until ${date(pause?.until ?? 0)} (${pause?.reason})`, REMEDY);
    },
  },
];

/** The first of the certificates that expires before the pause ends. */
function firstDuring({ inventory, ids, policy: { pause = null }, now }: BlockerCase) {
  if (pause === null || pause.until <= now) return null;
  const [first] = inventory.certificates
    .filter(({ id, certificate }) => ids.includes(id) && certificate.notAfter <= pause.until)
    .sort((a, b) => a.certificate.notAfter - b.certificate.notAfter);
  return first ?? null;
}
