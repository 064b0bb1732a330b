import { createHash } from 'node:crypto';
import type { Alert, AlertNode } from '../domain/alerts/alert.ts';

/** What Prometheus calls it: the node's name, or the label of that name. */
export const instanceOf = ({ name, labels = {} }: AlertNode): string => labels.instance ?? name;

/**
 * A short name for one alert of one node, the same in every process. Sixty sites can each have a node called "k3s": the hash of
 * its machine-id and its labels are part of it, so that the sites cannot clear each other's alerts. `more`: what else
 * distinguishes it, such as since when it is active.
 */
export function identityOf(
  { name, machine = '', labels = {} }: AlertNode,
  { code, subject }: Pick<Alert, 'code' | 'subject'>,
  ...more: string[]
): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const identity = JSON.stringify([name, machine, sorted, code, subject, ...more]);
  return createHash('sha256').update(identity).digest('hex');
}
