import type { Alert } from './alert.ts';

/** Characters of an alert's facts that are sent. */
const MOST = 32_768;

/**
 * The alert as it is sent. Whoever may put files where certagent looks could otherwise make it so large that no sink takes
 * it, or that the spool does not read it again: it would be lost, and with it all that are in the same message.
 */
export function sendable(alert: Alert): Alert {
  const facts = Object.entries(alert.facts);
  let size = 0;
  const fitting = facts.findIndex(([name, value]) => {
    size += name.length + value.length;
    return size > MOST;
  });
  if (fitting === -1) return alert;
  const { restsOn: _, ...rest } = alert;
  const more = [`and ${facts.length - fitting} more`, 'see certagent status'];
  return { ...rest, facts: Object.fromEntries([...facts.slice(0, fitting), more]) };
}
