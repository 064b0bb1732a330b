import { roleOf, rulesOf, rulesOfNode } from '../distributions/index.ts';
import { type Certificate, type Instant, lifetime } from '../model/certificate.ts';
import type { History, Nearness, Policy } from '../model/decision.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { DAY } from '../time/duration.ts';
import type { RenewalWindow } from './automatic-moment.ts';
import { isToolOwned } from './ownership.ts';

/** A CA's expiry is reported this long before: its replacement concerns the whole cluster and has to be prepared. */
export const CA_NOTICES = [365 * DAY, 180 * DAY, 90 * DAY, 30 * DAY] as const;

/** A node that fetches what its servers sign is renewed after them. */
const FOLLOWER_LAG = 7 * DAY;

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
    // The usual tools renew these with a third left: with a quarter left it is late.
    const opens = Math.min(policy.opens, Math.floor(lifetime(certificate) / 4));
    return before(certificate, opens, Math.min(policy.urgent, Math.floor(lifetime(certificate) / 6)));
  }
  const { opens, urgent } = scaled(policy, grantedLifetime(observed, history));
  const follows = roleOf(inventory.node)?.followsServers === true;
  // A server's other leaves would need a second restart.
  const anyTime = follows && isRenewedAtEveryStart(observed, inventory);
  const most = anyTime ? opens : Math.min(opens, renewsWithin(inventory));
  const lag = follows ? Math.min(FOLLOWER_LAG, Math.floor(Math.max(0, most - urgent) / 2)) : 0;
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

/** Whether the tool would renew it now: a command always does, the restart of a unit only what is inside its own window. */
export function isRenewableAt(observed: ObservedCertificate, inventory: Inventory, now: Instant): boolean {
  if (isRenewedAtEveryStart(observed, inventory)) return true;
  return now >= observed.certificate.notAfter - renewsWithin(inventory);
}

/** Whether each start of the node's unit replaces it, however long it is valid. */
function isRenewedAtEveryStart(observed: ObservedCertificate, { node }: Pick<Inventory, 'node'>): boolean {
  return isToolOwned(observed) && rulesOf(observed.owner).renewedAtEveryStart(observed, node.version);
}

/** Whether the tool can issue it again when a person asks by force, although a restart would not renew it. */
export function isRotatable(observed: ObservedCertificate, { node }: Pick<Inventory, 'node'>): boolean {
  return isToolOwned(observed) && rulesOf(observed.owner).rotates?.(observed, node) === true;
}

/** Milliseconds before expiry from which the node's tool renews at all; a node without a tool renews nothing. */
function renewsWithin({ node, preconditions }: Inventory): number {
  return rulesOfNode(node)?.renewsWithin(preconditions) ?? Number.POSITIVE_INFINITY;
}

/**
 * Milliseconds for which the tool granted it, at most. Today's kubeadm and K3s write notBefore a little before now, so the
 * lifetime is what was granted. Older ones write the CA's notBefore: then the lifetime is longer than that, and only the
 * renewal that made the certificate shows how much.
 */
function grantedLifetime({ id, certificate }: ObservedCertificate, history: History): number {
  const attempt = history.attempts.findLast(
    ({ granted, restores }) =>
      restores === undefined && granted.some((grant) => grant.id === id && grant.notAfter === certificate.notAfter),
  );
  return Math.min(lifetime(certificate), certificate.notAfter - (attempt?.startedAt ?? certificate.notBefore));
}

/** Short-lived certificates would be due at every check: they get a third and a sixth of what was granted. */
function scaled({ opens, urgent }: Policy, granted: number): { opens: number; urgent: number } {
  if (granted >= 3 * opens) return { opens, urgent };
  return { opens: Math.floor(granted / 3), urgent: Math.min(urgent, Math.floor(granted / 6)) };
}

function before({ notAfter }: Certificate, opens: number, urgent: number): RenewalWindow {
  return { opensAt: notAfter - opens, urgentAt: notAfter - urgent, wishedAt: notAfter - opens };
}
