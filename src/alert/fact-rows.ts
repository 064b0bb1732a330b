import type { Notification } from '../domain/alerts/alert.ts';
import { isExpiry } from '../domain/alerts/words.ts';

/** A row of the alert's table; `members` names the certificates of a row that stands for several. */
export type FactRow = { name: string; value: string; members: string[] };

/** So many certificates that expire at the same time are one row. */
const MANY = 3;

/** The facts as people read them: "16 certificates, all expire" once, and nothing of an alert that has cleared. */
export function factRows({ status, alert }: Notification): FactRow[] {
  if (status === 'cleared') return [];
  const byValue = Map.groupBy(Object.entries(alert.facts), ([name, value]) => (isExpiry(value) ? value : `${name}\n`));
  return [...byValue.values()].flatMap((rows) => {
    const value = rows[0]![1];
    if (rows.length < MANY) return rows.map(([name, value]) => ({ name, value, members: [] }));
    const verb = value.endsWith(' ago') ? 'expired' : 'expire';
    return [{ name: `${rows.length} certificates, all ${verb}`, value, members: rows.map(([name]) => name) }];
  });
}
