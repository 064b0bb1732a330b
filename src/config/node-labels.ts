import { printable } from '../domain/text/printable.ts';
import type { Config } from './schema.ts';

type Problem = { path: string[]; message: string };

/** What distinguishes this node from others: node.site and node.labels, with alerts.labels where these say nothing. */
export function nodeLabels({ node, alerts }: Pick<Config, 'node' | 'alerts'>): Record<string, string> {
  const site = node.site === undefined ? {} : { site: node.site };
  // The site comes first in subjects, and nothing replaces it.
  return { ...site, ...alerts.labels, ...node.labels, ...site };
}

/** What certagent itself says of an alert, in Alertmanager's labels. */
const OURS = ['alertname', 'severity', 'node', 'subject', 'machine'];
const LONGEST = 100;
const ONE_LINE = `must be one line of 1 to ${LONGEST} characters`;

/** Names as Prometheus allows them; values that fit in a subject line. */
export function identityProblems({ node, alerts }: Config): Problem[] {
  const { site, name } = node;
  return [
    ...(site === undefined || isOneLine(site) ? [] : [{ path: ['node', 'site'], message: ONE_LINE }]),
    ...(name === undefined || isOneLine(name) ? [] : [{ path: ['node', 'name'], message: ONE_LINE }]),
    ...labelProblems(['node', 'labels'], node.labels),
    ...labelProblems(['alerts', 'labels'], alerts.labels),
  ];
}

const isOneLine = (text: string): boolean => text.trim() !== '' && text.length <= LONGEST && printable(text) === text;

function labelProblems(table: string[], labels: Record<string, string>): Problem[] {
  return Object.entries(labels).flatMap(([name, value]) => {
    const message = !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)
      ? 'is not the name of a label: use letters, digits and "_", and no digit first'
      : name.startsWith('__') || OURS.includes(name)
        ? `is a name that is already used: ${OURS.join(', ')} and names that begin with "__" are`
        : isOneLine(value)
          ? null
          : ONE_LINE;
    return message === null ? [] : [{ path: [...table, name], message }];
  });
}
