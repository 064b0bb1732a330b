import type { Notification } from '../domain/alerts/alert.ts';
import { expiryIn } from '../domain/alerts/words.ts';
import { formatDuration, MINUTE } from '../domain/time/duration.ts';

/** A row of the alert's table; `members` names the certificates of a row that stands for several. */
export type FactRow = { name: string; value: string; members: string[] };

type Fact = { name: string; value: string; at: number; verb: 'expire' | 'expired' };

/** So many certificates that expire at the same time are one row. */
const MANY = 3;
/** K3s when it starts, and a renewal, issue certificates one after the other: within minutes is the same time. */
const SAME_TIME = 10 * MINUTE;

/** The facts as people read them: "16 certificates, all expire" once, and nothing of an alert that has cleared. */
export function factRows({ status, alert }: Notification): FactRow[] {
  if (status === 'cleared') return [];
  const facts = Object.entries(alert.facts);
  const groups = together(facts.flatMap(expiryOf));
  const groupOf = new Map(groups.flatMap((group) => group.map(({ name }) => [name, group] as const)));
  const seen = new Set<Fact[]>();
  return facts.flatMap(([name, value]): FactRow[] => {
    const group = groupOf.get(name);
    if (group === undefined) return [{ name, value, members: [] }];
    if (seen.has(group)) return [];
    seen.add(group);
    return [rowOf(group)];
  });
}

function expiryOf([name, value]: [string, string]): Fact[] {
  const found = expiryIn(value);
  return found === null ? [] : [{ name, value, at: found.at, verb: found.isPast ? 'expired' : 'expire' }];
}

/** Those of which many expire at the same time, the earliest first. */
function together(facts: Fact[]): Fact[][] {
  const groups: Fact[][] = [];
  for (const fact of facts.toSorted((a, b) => a.at - b.at)) {
    const [first] = groups.at(-1) ?? [];
    const isSame = first !== undefined && fact.at - first.at <= SAME_TIME && fact.verb === first.verb;
    if (isSame) groups.at(-1)!.push(fact);
    else groups.push([fact]);
  }
  return groups.filter(({ length }) => length >= MANY);
}

function rowOf(group: Fact[]): FactRow {
  const [{ value, at, verb }, last] = [group[0]!, group.at(-1)!];
  const later = last.at > at ? ` (the last ${formatDuration(last.at - at)} later)` : '';
  return {
    name: `${group.length} certificates, all ${verb}`,
    value: `${value.replace(/^expires /, '')}${later}`,
    members: group.map(({ name }) => name),
  };
}
