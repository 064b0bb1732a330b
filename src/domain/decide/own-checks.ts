import { rulesOf } from '../distributions/index.ts';
import type { Instant } from '../model/certificate.ts';
import type { ObservedCertificate } from '../model/inventory.ts';
import { formatDuration } from '../time/duration.ts';
import { automaticMoment } from './automatic-moment.ts';
import { type Case, type CertificateCheck, escalate, expires } from './certificate-check.ts';
import { nextTryAt } from './history-of.ts';
import { isNamed } from './named.ts';
import { isToolOwned } from './ownership.ts';
import { isRenewableAt, isRotatable } from './renewal-window.ts';

/** What must not be renewed, of what this node's own tool renews. */
export const soundnessChecks: CertificateCheck[] = [
  {
    code: 'ISSUER_EXPIRED',
    verdict: ({ observed, now }) =>
      caExpiry(observed) < now
        ? escalate('was signed by a CA that has expired', 'Replace the CA first: a renewal under it helps nobody.')
        : null,
  },
  {
    code: 'OUTLIVES_CA',
    // Renewed or not, it is accepted only as long as its CA. Near that moment a renewal would be due again and again.
    verdict: ({ observed, now }) =>
      caExpiry(observed) <= observed.certificate.notAfter
        ? escalate(
            `is valid no longer than its CA, which expires in ${formatDuration(caExpiry(observed) - now)}`,
            'Replace the CA before it expires: a renewal of this certificate does not help.',
          )
        : null,
  },
  {
    code: 'KEY_MISMATCH',
    verdict: ({ observed }) =>
      isPairBroken(observed)
        ? escalate(
            'does not belong to the private key beside it, or the key cannot be read',
            'Restore certificate and key from the same backup, or have the tool renew this one certificate by hand.',
          )
        : null,
  },
];

/** What has to wait, then what is to be renewed. */
export const momentChecks: CertificateCheck[] = [
  {
    code: 'BACK_OFF',
    verdict: (known) => {
      const { nearness, request, history, policy, now } = known;
      const next = nextTryAt(history, policy, now);
      if (nearness === 'valid' || request.kind === 'manual' || next <= now) return null;
      return {
        kind: 'defer',
        until: automaticMoment(known, next),
        why: `waits: earlier attempts failed or were too many, the next is allowed in ${formatDuration(next - now)}`,
      };
    },
  },
  {
    code: 'EXPIRED',
    verdict: (known) => (known.nearness === 'expired' ? renew(known) : null),
  },
  {
    code: 'URGENT',
    verdict: (known) => (known.nearness === 'urgent' ? renew(known) : null),
  },
  {
    code: 'MAINTENANCE_WINDOW',
    verdict: (known) => {
      const { observed, nearness, request, now } = known;
      if (nearness === 'valid' || request.kind === 'manual') return null;
      const until = automaticMoment(known, now);
      if (until <= now) return null;
      return { kind: 'defer', until, why: `${expires(observed, now)}; renewed in the maintenance window` };
    },
  },
  {
    code: 'DUE',
    verdict: (known) => (known.nearness === 'due' ? renew(known) : null),
  },
  {
    code: 'FORCED',
    verdict: (known) => {
      const { observed, request, inventory, now } = known;
      const forced = request.kind === 'manual' && request.force;
      const renews = (forced || isNamed(observed, request)) && isRenewableAt(observed, inventory, now);
      return renews || (forced && isRotatable(observed, inventory))
        ? { kind: 'renew', why: `${expires(observed, now)}; its renewal was requested` }
        : null;
    },
  },
];

/** Certificate and key do not form a pair, and the tool that renews them does not repair that. */
export function isPairBroken(observed: ObservedCertificate): boolean {
  return isToolOwned(observed) && rulesOf(observed.owner).brokenKeys.includes(observed.key.state);
}

function caExpiry({ issuance }: ObservedCertificate): Instant {
  return issuance.caNotAfter ?? Number.POSITIVE_INFINITY;
}

function renew({ observed, now }: Case) {
  return { kind: 'renew' as const, why: expires(observed, now) };
}
