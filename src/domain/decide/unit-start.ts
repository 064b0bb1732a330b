import { asItsLogSays, waitsForItself } from '../distributions/start-reasons.ts';
import type { Instant } from '../model/certificate.ts';
import type { Blocker } from '../model/decision.ts';
import type { Inventory } from '../model/inventory.ts';

type Found = Omit<Blocker, 'code'>[];

/**
 * A start that is under way is not cut short: it may wait for other servers, a database or a slow disk. One that waits for its
 * own expired listener waits for ever, and the renewal ends it.
 */
export function startUnderWay(inventory: Inventory, now: Instant): Found {
  const { unit } = inventory.preconditions;
  if (unit?.start?.underWay !== true) return [];
  const { reason } = unit.start;
  if (reason?.blocks === true || (waitsForItself(reason) && listenerExpired(inventory, now))) return [];
  return [
    {
      why: `the unit ${unit.name} is starting, and certagent does not interrupt a start${reason === null ? '' : `; ${asItsLogSays(reason)}`}`,
      remedy: reason?.remedy ?? `Wait, or see what it waits for: journalctl -u ${unit.name} -n 50`,
    },
  ];
}

/** A unit that does not come up for a reason that its log names, and that no renewal removes. */
export function startPrevented({ preconditions: { unit } }: Inventory): Found {
  const reason = unit?.start?.reason ?? null;
  if (unit === null || reason?.blocks !== true) return [];
  return [{ why: `the unit ${unit.name} does not start; ${asItsLogSays(reason)}`, remedy: reason.remedy }];
}

function listenerExpired({ certificates }: Inventory, now: Instant): boolean {
  return certificates.some(
    ({ place, certificate }) => place.kind === 'dynamic-cert' && place.index === 0 && certificate.notAfter < now,
  );
}
