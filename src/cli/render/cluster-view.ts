import type { ClusterNode, ClusterReport } from '../../domain/cluster/cluster-report.ts';
import type { Instant } from '../../domain/model/certificate.ts';
import { formatDuration, HOUR } from '../../domain/time/duration.ts';
import { type Paint, plain, type Style, scrub } from './paint.ts';
import { type Cell, type Column, fold, table } from './table.ts';

const COLUMNS: Column[] = [
  { title: 'NODE' },
  { title: 'STATE' },
  { title: 'EXPIRES', align: 'right' },
  { title: 'CHECKED' },
];

/** `certagent status --cluster` for a person. */
export function renderCluster(unsafe: ClusterReport, options: { paint?: Paint; width?: number } = {}): string {
  const { paint = plain, width = Number.POSITIVE_INFINITY } = options;
  const report = scrub(unsafe);
  const rows = report.nodes.map((node) => rowOf(node, report.at));
  return `${table(COLUMNS, rows, { paint, width })}\n\n${fold(summary(report), width)}\n`;
}

function rowOf({ name, line, isSilent }: ClusterNode, at: Instant): Cell[] {
  if (line === null)
    return [{ text: name }, { text: 'unknown', style: 'yellow' }, { text: '-' }, { text: 'never by certagent' }];
  const { state, firstExpiry, seen } = line;
  const style = styleOf(state);
  // The annotation names the hour of the check, and no minute.
  const ago = Math.floor((at - seen) / HOUR) * HOUR;
  return [
    { text: name },
    { text: isSilent ? `silent, was ${state}` : state, ...(isSilent ? { style: 'red' } : style) },
    { text: firstExpiry === null ? '-' : left(firstExpiry - at), ...(state === 'expired' ? style : {}) },
    { text: ago <= 0 ? 'this hour' : `${formatDuration(ago)} ago` },
  ];
}

function styleOf(state: NonNullable<ClusterNode['line']>['state']): { style?: Style } {
  if (state === 'ok' || state === 'waiting' || state === 'due') return {};
  return { style: state === 'warning' || state === 'observing' ? 'yellow' : 'red' };
}

function left(time: number): string {
  return time < 0 ? `${formatDuration(-time)} ago` : formatDuration(time);
}

function summary({ nodes, holder }: ClusterReport): string {
  const silent = nodes.filter(({ isSilent }) => isSilent).length;
  const servers = nodes.filter(({ isServer }) => isServer).length;
  const counts = `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}, ${servers} of them ${servers === 1 ? 'a server' : 'servers'}, ${silent} silent.`;
  if (holder !== null) return `${counts} ${holder} renews now.`;
  // One server takes no turn, so that nothing in the cluster says whether it renews.
  return servers > 1 ? `${counts} No server renews now.` : counts;
}
