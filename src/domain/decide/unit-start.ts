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
  if (unit?.start?.underWay !== true || hangsOnListener(inventory, now)) return [];
  const { reason } = unit.start;
  if (reason?.blocks === true) return [];
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

/** Whether its start waits for its own listener, whose certificate on disk has expired. */
function hangsOnListener({ preconditions: { unit }, certificates }: Inventory, now: Instant): boolean {
  const hasExpired = certificates.some(
    ({ place, certificate }) => place.kind === 'dynamic-cert' && place.index === 0 && certificate.notAfter < now,
  );
  return hasExpired && waitsForItself(unit?.start?.reason ?? null);
}
