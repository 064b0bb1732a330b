import { isLeaf, isSelfMade, isSignedElsewhere } from '../../domain/decide/ownership.ts';
import { rulesOfNode } from '../../domain/distributions/index.ts';
import type { Nearness, Verdict } from '../../domain/model/decision.ts';
import type { NodeFacts } from '../../domain/model/inventory.ts';
import type { StatusReport, StatusRow } from '../../domain/model/status.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import type { Style } from './paint.ts';
import type { View } from './status-view.ts';
import { type Cell, type Column, isLegible, table } from './table.ts';
import type { Times } from './time.ts';

/**
 * The certificates, most urgent first; with `wide` also their places and contents. A CA is in many files (each
 * kubeconfig, each chain): without `wide` it has one row, and a line says in how many more places it is.
 */
export function certificateTable(report: StatusReport, view: View): string {
  const rows = (view.wide ? report.certificates : withoutRepeats(report.certificates)).toSorted(byUrgency(report));
  const hidden = report.certificates.length - rows.length;
  const columns: Column[] = [
    { title: 'CERTIFICATE' },
    { title: 'OWNER' },
    { title: 'EXPIRES' },
    { title: 'REMAINING', align: 'right' },
    { title: 'STATE' },
    { title: 'NEXT' },
    ...(view.wide ? ['PATH', 'SERIAL', 'ISSUER', 'SANS'].map((title) => ({ title })) : []),
  ];
  const cells = rows.map((row) => [...narrowCells(row, report, view), ...(view.wide ? wideCells(row) : [])]);
  // A wide table is for reading sideways: wrapping its last column would hide it.
  const width = view.wide ? Number.POSITIVE_INFINITY : view.width;
  const text = table(...narrowed(columns, cells, width), { paint: view.paint, width });
  return hidden === 0
    ? text
    : `${text}\n${view.paint('dim', `The same CAs in ${hidden} more ${hidden === 1 ? 'place' : 'places'}: -o wide.`)}`;
}

/** What a narrow terminal does without, in this order, before two names look the same: -o wide shows it. */
const DISPENSABLE = ['OWNER', 'EXPIRES', 'STATE'];

function narrowed(columns: Column[], cells: Cell[][], width: number): [Column[], Cell[][]] {
  const [first] = DISPENSABLE.filter((title) => columns.some((column) => column.title === title));
  if (first === undefined || isLegible(columns, cells, width)) return [columns, cells];
  const kept = (_: unknown, at: number) => columns[at]?.title !== first;
  return narrowed(
    columns.filter(kept),
    cells.map((row) => row.filter(kept)),
    width,
  );
}

/** Of the rows of one CA, that of its own file, not one behind a leaf; of several the one with the shortest name. */
function withoutRepeats(rows: StatusRow[]): StatusRow[] {
  const first = new Map<string, StatusRow>();
  for (const row of rows.filter(({ certificate }) => certificate.isCa)) {
    const known = first.get(row.certificate.fingerprint);
    if (known === undefined || isBetter(row, known)) first.set(row.certificate.fingerprint, row);
  }
  return rows.filter((row) => !row.certificate.isCa || first.get(row.certificate.fingerprint) === row);
}

function isBetter(row: StatusRow, known: StatusRow): boolean {
  return isLeaf(row) === isLeaf(known) ? row.id.length < known.id.length : isLeaf(row);
}

const STATES: Record<Nearness, { rank: number; text: string; style?: Style }> = {
  expired: { rank: 0, text: 'EXPIRED', style: 'red' },
  'not-yet-valid': { rank: 1, text: 'NOT YET VALID', style: 'red' },
  urgent: { rank: 2, text: 'urgent', style: 'red' },
  due: { rank: 3, text: 'due', style: 'yellow' },
  valid: { rank: 4, text: 'valid' },
};

function byUrgency({ at }: Pick<StatusReport, 'at'>) {
  return (a: StatusRow, b: StatusRow): number =>
    stateOf(a, at).rank - stateOf(b, at).rank ||
    a.certificate.notAfter - b.certificate.notAfter ||
    (a.id < b.id ? -1 : 1);
}

/** As the last check found it, unless it has expired since. */
function stateOf({ certificate, decision }: StatusRow, at: number) {
  return STATES[at > certificate.notAfter ? 'expired' : decision.nearness];
}

function narrowCells(row: StatusRow, report: StatusReport, { times }: View): Cell[] {
  const { text, style } = stateOf(row, report.at);
  const tint = style === undefined ? {} : { style };
  const left = row.certificate.notAfter - report.at;
  return [
    { text: row.id },
    { text: row.owner },
    { text: times.date(row.certificate.notAfter) },
    { text: left < 0 ? `${formatDuration(-left)} ago` : formatDuration(left), ...tint },
    { text, ...tint },
    nextOf(row, report, times),
  ];
}

function wideCells({ place, certificate }: StatusRow): Cell[] {
  return [
    { text: place.path },
    { text: certificate.serial },
    { text: certificate.issuer === '' ? '-' : certificate.issuer },
    { text: certificate.sans.length === 0 ? '-' : certificate.sans.join(', ') },
  ];
}

/** What happens next with a certificate, and when. */
function nextOf(row: StatusRow, { renewal, running, node, certificates }: StatusReport, times: Times): Cell {
  const { id, owner, decision } = row;
  const { verdict } = decision;
  if (verdict.kind === 'escalate') return { text: `needs you: ${verdict.why}`, style: 'yellow' };
  if (renewal.kind !== 'none' && renewal.ids.includes(id)) {
    if (running !== null) return { text: 'being renewed', style: 'green' };
    if (renewal.kind === 'blocked')
      return { text: `blocked: ${renewal.blockers[0]?.code ?? 'see below'}`, style: 'red' };
    if (renewal.kind === 'observing') return { text: 'observing: not renewed', style: 'yellow' };
  }
  if (verdict.kind === 'renew') return { text: `renews at the next check${company(verdict.code)}` };
  if (verdict.kind === 'defer') return { text: deferred(verdict, times) };
  if (owner === 'kubelet' && row.certificate.isCa) return { text: "the kubelet's own CA, not the cluster's" };
  if (isSelfMade(row)) return { text: 'no program renews it' };
  if (isSignedElsewhere(row, certificates)) return { text: 'not rotated unless another program signs: no CA key here' };
  return { text: kept(row, verdict.until, node, times) };
}

/** The usual reasons in a few words; others in full. */
function deferred({ until, code, why }: Extract<Verdict, { kind: 'defer' }>, times: Times): string {
  const when = until === null ? 'renews later' : `renews ${times.moment(until)}`;
  if (code === 'MAINTENANCE_WINDOW') return `${when} in the maintenance window`;
  return company(code) === '' ? `${when}: ${why}` : when + company(code);
}

function company(code: string): string {
  return code === 'GOES_ALONG' ? ' along with the others' : '';
}

function kept(row: StatusRow, until: number | null, node: NodeFacts, times: Times): string {
  switch (row.owner) {
    case 'kubelet':
      return 'the kubelet rotates it';
    case 'external-ca':
      return 'a CA elsewhere signs it: certagent csr';
    case 'operator':
      return 'you renew it';
    case 'cluster-ca':
      return 'not renewed automatically';
    case 'copy':
      return until === null
        ? 'follows the admin kubeconfig'
        : `its successor is requested from ${times.date(until)} on`;
    default:
      return until === null ? 'nothing to do' : `renewal window opens ${times.date(until)}${byRestart(row, node)}`;
  }
}

/** Where the unit's restart renews: since when it would. */
function byRestart(row: StatusRow, node: NodeFacts): string {
  const rules = rulesOfNode(node);
  if (rules === null || row.owner !== node.distribution) return '';
  if (rules.renewedAtEveryStart(row, node.version)) return '; any restart renews it';
  const within = rules.restartWindow(node.version);
  return within === null ? '' : `; a restart renews it in its last ${formatDuration(within)}`;
}
