import type { Certificate, Instant } from '../model/certificate.ts';
import type { History, Nearness, Policy } from '../model/decision.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { DAY } from '../time/duration.ts';
import { nextMaintenance } from '../time/windows.ts';

/** When a certificate's renewal window opens, and from when on it is urgent. */
export type RenewalWindow = {
  opensAt: Instant;
  urgentAt: Instant;
  /** Where it would open if a restart of K3s renewed at any time; elsewhere the same as `opensAt`. */
  wishedAt: Instant;
};

/** A CA's end is told this long before: its replacement concerns the whole cluster and has to be prepared. */
export const CA_NOTICES = [365 * DAY, 180 * DAY, 90 * DAY, 30 * DAY] as const;

/** K3s before May 2025, and the careful choice where the version could not be learnt. */
export const OLD_RESTART_WINDOW = 90 * DAY;

/** An agent fetches what its servers signed, and these go first. */
const AGENT_LAG = 7 * DAY;

export function renewalWindow(
  observed: ObservedCertificate,
  { inventory, policy, history }: { inventory: Inventory; policy: Policy; history: History },
): RenewalWindow {
  const { owner, certificate } = observed;
  if (owner === 'cluster-ca') return before(certificate, CA_NOTICES[0], CA_NOTICES[3]);
  if (owner === 'kubelet') {
    // It rotates when 10 to 30 % of the lifetime are left: with a twelfth left it evidently does not.
    const late = Math.min(policy.urgent, Math.floor(lifetime(certificate) / 12));
    return before(certificate, late, late);
  }
  if (!isToolOwned(observed)) {
    // Whoever renews these usually begins with a third left: with a quarter left it is late.
    const opens = Math.min(policy.opens, Math.floor(lifetime(certificate) / 4));
    return before(certificate, opens, Math.min(policy.urgent, Math.floor(lifetime(certificate) / 6)));
  }
  const { opens, urgent } = scaled(policy, grantedLifetime(observed, history));
  const most = Math.min(opens, restartWindow(inventory));
  const lag = inventory.node.role === 'agent' ? Math.min(AGENT_LAG, Math.floor(Math.max(0, most - urgent) / 2)) : 0;
  const window = before(certificate, most - lag, Math.min(urgent, most - lag));
  return opens === most ? window : { ...window, wishedAt: certificate.notAfter - opens };
}

/** Judged by the windows alone, in exact time. A certificate is still valid at its notAfter (RFC 5280, 4.1.2.5). */
export function nearnessOf(certificate: Certificate, window: RenewalWindow, now: Instant): Nearness {
  if (now < certificate.notBefore) return 'not-yet-valid';
  if (now > certificate.notAfter) return 'expired';
  if (now >= window.urgentAt) return 'urgent';
  return now >= window.opensAt ? 'due' : 'valid';
}

/**
 * When the schedule would renew a certificate: from urgent on at once, before that at this node's moment in a
 * maintenance window; never before `from`.
 */
export function automaticMoment({ window, policy }: { window: RenewalWindow; policy: Policy }, from: Instant): Instant {
  const earliest = Math.max(from, window.opensAt);
  if (earliest >= window.urgentAt) return earliest;
  const next = nextMaintenance(policy.maintenance, earliest, policy.nodeDelay);
  return Math.min(window.urgentAt, Math.max(earliest, next?.moment ?? window.urgentAt));
}

/** Whether kubeadm, K3s or RKE2 renews it. */
export function isToolOwned({ owner }: Pick<ObservedCertificate, 'owner'>): boolean {
  return owner === 'kubeadm' || owner === 'k3s' || owner === 'rke2';
}

/** The certificate itself: neither a CA written after it nor the CA that a kubeconfig's cluster entry holds. */
export function isLeaf({ place }: Pick<ObservedCertificate, 'place'>): boolean {
  return place.index === 0 && !(place.kind === 'kubeconfig' && place.entry === 'cluster');
}

/** Whether the tool would renew it now: kubeadm always does, a restart of K3s only what is inside its own window. */
export function isRenewableAt(observed: ObservedCertificate, inventory: Inventory, now: Instant): boolean {
  return renewedAtAnyStart(observed) || now >= observed.certificate.notAfter - restartWindow(inventory);
}

/** Milliseconds before the end from which on the node's tool renews at all. */
function restartWindow({ node, preconditions }: Inventory): number {
  return node.distribution === 'kubeadm'
    ? Number.POSITIVE_INFINITY
    : (preconditions.restartWindow ?? OLD_RESTART_WINDOW);
}

/** A K3s agent, on servers too, fetches new ones for its kubelet at each start, whatever the end of the old ones. */
export function renewedAtAnyStart({ place, owner }: ObservedCertificate): boolean {
  return owner !== 'kubeadm' && /\/agent\/(client|serving)-kubelet\.crt$/.test(place.path);
}

/**
 * Milliseconds for which the tool granted it, or null: a leaf's notBefore is its CA's, so only the renewal that made it
 * can tell.
 */
function grantedLifetime({ id, certificate }: ObservedCertificate, history: History): number | null {
  const attempt = history.attempts.findLast(({ granted }) =>
    granted.some((grant) => grant.id === id && grant.notAfter === certificate.notAfter),
  );
  return attempt === undefined ? null : certificate.notAfter - attempt.startedAt;
}

/** Short-lived certificates would be due at every check: they get a third and a sixth of what was granted. */
function scaled({ opens, urgent }: Policy, granted: number | null): { opens: number; urgent: number } {
  if (granted === null || granted >= 3 * opens) return { opens, urgent };
  return { opens: Math.floor(granted / 3), urgent: Math.min(urgent, Math.floor(granted / 6)) };
}

function lifetime({ notBefore, notAfter }: Certificate): number {
  return notAfter - notBefore;
}

function before({ notAfter }: Certificate, opens: number, urgent: number): RenewalWindow {
  return { opensAt: notAfter - opens, urgentAt: notAfter - urgent, wishedAt: notAfter - opens };
}
