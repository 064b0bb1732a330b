import type { Instant } from '../model/certificate.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { formatDuration } from '../time/duration.ts';
import { type Case, type CertificateCheck, ends, escalate } from './certificate-check.ts';
import { nextTryAt } from './history-of.ts';
import { isPassedOver } from './passed-over.ts';
import { automaticMoment, isRenewableAt } from './renewal-window.ts';

/** What this node's own tool renews: first what must not be renewed, then what has to wait, then what is to be renewed. */
export const ownChecks: CertificateCheck[] = [
  {
    code: 'ISSUER_EXPIRED',
    verdict: ({ observed, now }) =>
      caEnd(observed) < now
        ? escalate('was signed by a CA that has expired', 'Replace the CA first: a renewal under it helps nobody.')
        : null,
  },
  {
    code: 'OUTLIVES_CA',
    // Renewed or not, it is accepted only as long as its CA. Near that end a renewal would be due again and again.
    verdict: ({ observed, now }) =>
      caEnd(observed) <= observed.certificate.notAfter
        ? escalate(
            `lasts no longer than its CA, which ends in ${formatDuration(caEnd(observed) - now)}`,
            'Replace the CA before it ends: a renewal of this certificate does not help.',
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
  {
    code: 'NOT_SIGNED_BY_CA',
    verdict: ({ observed }) =>
      isOfOtherCa(observed)
        ? escalate(
            'was not signed by the CA on this node',
            'Find out which CA is the right one: a renewal would change to the one on this node.',
          )
        : null,
  },
  {
    code: 'CA_ROTATION_UNDER_WAY',
    verdict: ({ observed, inventory }) => {
      const signer = secondCa(observed, inventory);
      return signer === null
        ? null
        : escalate(
            `was signed by ${signer.id}, which is not the first CA in ${signer.place.path}: a rotation of the CA is under way`,
            finishRotation(signer),
          );
    },
  },
  {
    code: 'K3S_OPENS_ABOVE_WINDOW',
    verdict: (known) => {
      const { observed, inventory, window, now } = known;
      if (now < window.wishedAt || now >= window.opensAt) return null;
      const days = formatDuration(observed.certificate.notAfter - window.opensAt);
      return {
        kind: 'defer',
        until: automaticMoment(known, now),
        why: `waits: windows.opens has passed, but a restart of ${inventory.node.distribution} ${inventory.node.version ?? 'of this version'} renews only what ends within ${days}`,
      };
    },
  },
  {
    code: 'RESTART_PASSES_OVER',
    verdict: (known) => {
      const { inventory, observed, request } = known;
      if (request.kind === 'manual' || !isPassedOver(known)) return null;
      const { distribution } = inventory.node;
      return escalate(
        `was not renewed by a restart of ${distribution}, which is not restarted for it again`,
        `See what ${distribution} says of ${observed.place.path} in its log; move this file and its key away: ${distribution} makes at its next start what it still uses.`,
      );
    },
  },
  {
    code: 'BACK_OFF',
    verdict: (known) => {
      const { nearness, request, history, policy, now } = known;
      const next = nextTryAt(history, policy, now);
      if (nearness === 'valid' || request.kind === 'manual' || next <= now) return null;
      return {
        kind: 'defer',
        until: automaticMoment(known, next),
        why: `waits: earlier tries failed or were many, the next is allowed in ${formatDuration(next - now)}`,
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
      return { kind: 'defer', until, why: `${ends(observed, now)}; renewed in the maintenance window` };
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
      return forced && isRenewableAt(observed, inventory, now)
        ? { kind: 'renew', why: `${ends(observed, now)}; its renewal was asked for` }
        : null;
    },
  },
];

/** kubeadm's pair of certificate and key is not whole; K3s makes a missing key anew by itself. */
export function isPairBroken({ owner, key }: ObservedCertificate): boolean {
  if (owner === 'kubeadm') return key.state !== 'matches' && key.state !== 'not-expected';
  return (owner === 'k3s' || owner === 'rke2') && key.state === 'differs';
}

/** K3s replaces a leaf of another CA at its start; kubeadm would quietly move the node to the CA that it finds. */
export function isOfOtherCa({ owner, issuance }: ObservedCertificate): boolean {
  return owner === 'kubeadm' && issuance.state === 'not-signed';
}

/**
 * The CA that signed it, where that is not the first of its file; else null. kubeadm signs with the first
 * one (`TryLoadCertFromDisk` in its pkiutil): a renewal would move the node to a CA that its kubelet may not trust yet.
 */
export function secondCa(
  { owner, issuance }: ObservedCertificate,
  { certificates }: Inventory,
): ObservedCertificate | null {
  if (owner !== 'kubeadm' || issuance.state !== 'signed') return null;
  return certificates.find(({ id, place }) => id === issuance.ca && place.index > 0) ?? null;
}

export function finishRotation({ place }: ObservedCertificate): string {
  return `Finish the rotation: when all nodes and clients trust the first CA in ${place.path}, renew by hand (kubeadm certs renew all) and restart the control plane; or put the CA in use first again, with its key.`;
}

function caEnd({ issuance }: ObservedCertificate): Instant {
  return issuance.caNotAfter ?? Number.POSITIVE_INFINITY;
}

function renew({ observed, now }: Case) {
  return { kind: 'renew' as const, why: ends(observed, now) };
}
