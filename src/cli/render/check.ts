import { alarms, lowerLimit, type Range } from '../../domain/fleet/range.ts';
import { ownCertificates, type Trouble, troublesOf } from '../../domain/fleet/troubles.ts';
import type { StatusReport, StatusRow } from '../../domain/model/status.ts';
import { DAY, formatDuration } from '../../domain/time/duration.ts';

const OK = 0;
const CODES = { warning: 1, critical: 2 };
export const CRITICAL = 2;
export const UNKNOWN = 3;
const WORDS = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'];

/** Of days that are left until the first certificate expires. */
export type Thresholds = { warning: Range; critical: Range };

export type Judgement = {
  line: string;
  /** What -v adds: everything that is wrong, and what to do. */
  details: string[];
  exitCode: number;
};

/**
 * The line and exit status of a monitoring plugin. See the Monitoring Plugins Development Guidelines, "Plugin Output" and
 * "Performance data": 'label'=value;warn;crit;min;max.
 */
export function judge(report: StatusReport, thresholds: Thresholds, now: number): Judgement {
  const rows = ownCertificates(report.certificates);
  const first = rows[0];
  const left = first === undefined ? null : first.certificate.notAfter - now;
  const troubles = [...troublesOf(report, limitsOf(thresholds), now), ...outOfRange(first, left, thresholds)];
  const critical = troubles.some(({ level }) => level === 'critical') || isUnreadable(report);
  const judged = critical ? CRITICAL : Math.max(OK, ...troubles.map(({ level }) => CODES[level]));
  const exitCode = first === undefined && !critical ? UNKNOWN : judged;
  const worst = troubles.filter(({ level }) => CODES[level] === exitCode).map(({ text }) => text);
  const text = [
    ...worst.slice(0, MOST),
    ...(worst.length > MOST ? [`and ${worst.length - MOST} more`] : []),
    summary(rows, report, left),
  ].join('; ');
  return {
    line: `CERTAGENT ${WORDS[exitCode]} - ${plain(text)} | ${performance(report, rows, left, thresholds)}`,
    details: detailsOf(report, troubles).map(plain),
    exitCode,
  };
}

const MOST = 4;
/** A vertical bar starts the performance data. */
const plain = (text: string): string => text.replaceAll('|', '/');

/** There is a node, and not one certificate of it can be read. */
const isUnreadable = ({ certificates, findings, node }: StatusReport): boolean =>
  certificates.length === 0 && (findings.length > 0 || node.distribution !== null);

/** "30:" judges each certificate by its own renewal window. Any other range is taken as it is written (`outOfRange`). */
function limitsOf({ warning, critical }: Thresholds) {
  const none = Number.NEGATIVE_INFINITY;
  return { warning: lowerLimit(warning) ?? none, critical: lowerLimit(critical) ?? none };
}

function outOfRange(first: StatusRow | undefined, left: number | null, thresholds: Thresholds): Trouble[] {
  if (first === undefined || left === null) return [];
  return (['critical', 'warning'] as const).flatMap((level): Trouble[] => {
    const range = thresholds[level];
    if (lowerLimit(range) !== null || !alarms(range, Math.floor(left / DAY))) return [];
    return [
      { level, text: `${first.id} has ${Math.floor(left / DAY)} d left (--${level} ${range.text})`, isExpiry: true },
    ];
  });
}

function summary(rows: StatusRow[], report: StatusReport, left: number | null): string {
  if (left === null)
    return isUnreadable(report) ? 'no certificate of this node can be read' : 'no certificate was found on this node';
  const expires = `${left < 0 ? `expired ${formatDuration(-left)} ago` : `expires in ${formatDuration(left)}`} (${rows[0]!.id})`;
  return `${rows.length === 1 ? '1 certificate,' : `${rows.length} certificates, the first`} ${expires}`;
}

function performance({ alerts }: StatusReport, rows: StatusRow[], left: number | null, thresholds: Thresholds): string {
  const count = (nearness: string) => rows.filter(({ decision }) => decision.nearness === nearness).length;
  const { warning, critical } = thresholds;
  return [
    ...(left === null ? [] : [`days_left=${Math.floor(left / DAY)};${warning.text};${critical.text}`]),
    `certificates=${rows.length};;;0`,
    `due=${count('due')};;;0`,
    `urgent=${count('urgent')};;;0`,
    `expired=${count('expired')};;;0`,
    `alerts=${alerts.length};;;0`,
  ].join(' ');
}

function detailsOf({ alerts }: StatusReport, troubles: Trouble[]): string[] {
  const remedies = new Map(alerts.map(({ alert }) => [alert.text.replace(/\.$/, ''), alert.remedy]));
  const worstFirst = troubles.toSorted((a, b) => CODES[b.level] - CODES[a.level]);
  return worstFirst.flatMap(({ level, text }) => {
    const remedy = remedies.get(text) ?? '';
    return [`${level}: ${text}`, ...(remedy === '' ? [] : [`  What to do: ${remedy}`])];
  });
}
