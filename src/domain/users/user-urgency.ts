import type { Instant } from '../model/certificate.ts';
import type { Decisions } from '../model/decision.ts';
import type { Inventory } from '../model/inventory.ts';

/** Whether the certificate that a user has now is urgent, or has expired. */
export function userUrgency(
  { path, user, notAfter }: { path: string; user: string; notAfter: Instant | null },
  { inventory, decisions, now }: { inventory: Pick<Inventory, 'certificates'>; decisions: Decisions; now: Instant },
): boolean {
  if (notAfter !== null && notAfter < now) return true;
  const ids = inventory.certificates
    .filter(({ place, certificate }) => place.path === path && certificate.commonName === user)
    .map(({ id }) => id);
  return decisions.certificates.some(
    ({ id, nearness }) => ids.includes(id) && (nearness === 'urgent' || nearness === 'expired'),
  );
}
