import { DISTRIBUTION_NAMES } from '../domain/distributions/names.ts';
import type { Owner } from '../domain/model/certificate.ts';
import type { StatusReport, StatusRow } from '../domain/model/status.ts';
import { short } from '../domain/text/printable.ts';
import { parseDuration } from '../domain/time/duration.ts';
import { type Context, usage } from './context.ts';

const OTHERS = { kubelet: 0, 'external-ca': 0, operator: 0, 'cluster-ca': 0, copy: 0 } satisfies Partial<
  Record<Owner, 0>
>;
/** The words of the column OWNER. */
const OWNERS: readonly string[] = [...DISTRIBUTION_NAMES, ...Object.keys(OTHERS)];

/** `words`: the options, as the user wrote them; empty: no filter, all certificates are shown. */
export type StatusFilter = { words: string; includes(row: StatusRow, at: number): boolean };

/** Of --due, --within and --owner, which all must hold. Throws CertagentError USAGE. */
export function statusFilter({ options }: Pick<Context, 'options'>): StatusFilter {
  const { due, within, owner } = options;
  const limit = typeof within === 'string' ? lengthOf(within) : null;
  if (typeof owner === 'string' && !OWNERS.includes(owner))
    throw usage(`no certificate has the owner ${short(owner, 60)}`, `Use one of ${OWNERS.join(', ')}.`);
  const words = [
    ...(due === true ? ['--due'] : []),
    ...(limit === null ? [] : [`--within ${within}`]),
    ...(typeof owner === 'string' ? [`--owner ${owner}`] : []),
  ];
  return {
    words: words.join(' '),
    includes: (row, at) =>
      (due !== true || isDue(row, at)) &&
      (limit === null || row.certificate.notAfter - at <= limit) &&
      (owner === undefined || row.owner === owner),
  };
}

/** The certificates that the filter lets through; everything else of a report stays. */
export function filtered(report: StatusReport, { includes }: StatusFilter): StatusReport {
  return { ...report, certificates: report.certificates.filter((row) => includes(row, report.at)) };
}

/** Its renewal window is open, it has expired, or it is not valid yet. */
function isDue({ certificate, decision }: StatusRow, at: number): boolean {
  return decision.nearness !== 'valid' || certificate.notAfter < at;
}

function lengthOf(text: string): number {
  const length = parseDuration(text);
  if (length === null)
    throw usage(`--within ${short(text, 60)} is not a duration`, 'Use a number and s, m, h or d: --within 30d');
  return length;
}
