import type { FleetNode, FleetReport, Level } from '../../domain/fleet/model.ts';
import { DAY, formatDuration } from '../../domain/time/duration.ts';
import { type Paint, plain, type Style } from './paint.ts';
import { type Cell, type Column, fold, table } from './table.ts';

const STYLES: Record<Level, Style | null> = { critical: 'red', unknown: 'red', warning: 'yellow', ok: null };
/** So many troubles of one node are in its row. */
const MOST = 2;

/** `certagent fleet` for a person. Every text of the report is printable already (`fleetReport`). */
export function renderFleet(report: FleetReport, options: { paint?: Paint; width?: number } = {}): string {
  const { paint = plain, width = Number.POSITIVE_INFINITY } = options;
  if (report.nodes.length === 0) return 'No node: nothing was read.\n';
  const sites = new Set(report.nodes.flatMap(({ site }) => site ?? []));
  const columns: Column[] = [
    { title: 'STATE' },
    ...(sites.size === 0 ? [] : [{ title: 'SITE' }]),
    { title: 'NODE' },
    { title: 'EXPIRES', align: 'right' },
    { title: 'WHAT' },
  ];
  const rows = report.nodes.map((node): Cell[] => {
    const style = STYLES[node.level];
    const tint = style === null ? {} : { style };
    return [
      { text: levelText(node), ...tint },
      ...(sites.size === 0 ? [] : [{ text: node.site ?? '-' }]),
      { text: node.name },
      { text: expiryText(node, report.at), ...tint },
      { text: whatText(node, report.at) },
    ];
  });
  return `${table(columns, rows, { paint, width })}\n\n${fold(summaryText(report), width)}\n`;
}

/** "silent" is what people call it. */
export function levelText({ level, silent }: Pick<FleetNode, 'level' | 'silent'>): string {
  return level === 'unknown' && silent !== null ? 'silent' : level;
}

/** Of the first certificate to expire. */
export function expiryText({ certificates: [first] }: FleetNode, now: number): string {
  if (first === undefined) return '-';
  const left = first.notAfter - now;
  return left < 0 ? `${formatDuration(-left)} ago` : formatDuration(left);
}

function whatText(node: FleetNode, now: number): string {
  const { silent, troubles } = node;
  const more = troubles.length > MOST ? [`and ${troubles.length - MOST} more`] : [];
  const texts = [...(silent === null ? [] : [silent]), ...troubles.slice(0, MOST), ...more];
  return texts.length === 0 ? nextText(node, now) : texts.join('; ');
}

/** "renewal window opens in 12 d" */
export function nextText({ next, mode }: FleetNode, now: number): string {
  if (next === null) return mode === 'observe' ? 'only observed' : 'nothing to do';
  if (next.at === null) return next.text;
  const left = next.at - now;
  return `${next.text} ${left <= 0 ? 'now' : `in ${formatDuration(left)}`}`;
}

/** "60 nodes of 12 sites: 2 critical, 1 silent, 57 ok. The first certificate expires in 20 d (oslo, k3s-1: client-admin)." */
export function summaryText(report: FleetReport): string {
  const { nodes, counts, at } = report;
  const sites = new Set(nodes.map(({ site }) => site).filter((site) => site !== null));
  const silent = nodes.filter((node) => levelText(node) === 'silent').length;
  const parts = [
    [counts.critical, 'critical'],
    [silent, 'silent'],
    [counts.unknown - silent, 'unknown'],
    [counts.warning, counts.warning === 1 ? 'warning' : 'warnings'],
    [counts.ok, 'ok'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  const of = sites.size === 0 ? '' : ` of ${sites.size === 1 ? 'one site' : `${sites.size} sites`}`;
  return `${nodes.length === 1 ? 'One node' : `${nodes.length} nodes`}${of}: ${told.join(', ')}.${firstText(nodes, at)}`;
}

function firstText(nodes: FleetNode[], now: number): string {
  const [first] = nodes
    .flatMap(({ site, name, certificates: [certificate] }) =>
      certificate === undefined ? [] : [{ site, name, certificate }],
    )
    .sort((a, b) => a.certificate.notAfter - b.certificate.notAfter);
  if (first === undefined) return '';
  const { site, name, certificate } = first;
  const left = certificate.notAfter - now;
  const when =
    left < 0
      ? `expired ${formatDuration(-left)} ago`
      : left < DAY
        ? `expires in ${formatDuration(left)}`
        : `expires in ${Math.floor(left / DAY)} d`;
  return ` The first certificate ${when} (${site === null ? '' : `${site}, `}${name}: ${certificate.id}).`;
}
