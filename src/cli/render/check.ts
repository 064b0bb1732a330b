import { type Limits, ownCertificates, troublesOf } from '../../domain/fleet/troubles.ts';
import type { StatusReport, StatusRow } from '../../domain/model/status.ts';
import { DAY, formatDuration } from '../../domain/time/duration.ts';

const OK = 0;
const CODES = { warning: 1, critical: 2 };
export const UNKNOWN = 3;
const WORDS = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'];

/**
 * The line and exit status of a monitoring plugin. Limits are in days. See the Monitoring Plugins Development Guidelines,
 * "Plugin Output" and "Performance data": 'label'=value;warn;crit;min;max, where the range "30:" alarms below 30.
 */
export function judge(report: StatusReport, limits: Limits, now: number): { line: string; exitCode: number } {
  const rows = ownCertificates(report.certificates);
  const first = rows[0];
  if (first === undefined)
    return { line: 'CERTAGENT UNKNOWN - no certificate was found on this node', exitCode: UNKNOWN };
  const troubles = troublesOf(report, limits, now);
  const exitCode = Math.max(OK, ...troubles.map(({ level }) => CODES[level]));
  const worst = troubles.filter(({ level }) => CODES[level] === exitCode).map(({ text }) => text);
  const left = first.certificate.notAfter - now;
  const expires = `${left < 0 ? `expired ${formatDuration(-left)} ago` : `expires in ${formatDuration(left)}`} (${first.id})`;
  const summary = `${rows.length === 1 ? '1 certificate,' : `${rows.length} certificates, the first`} ${expires}`;
  const text = [
    ...worst.slice(0, MOST),
    ...(worst.length > MOST ? [`and ${worst.length - MOST} more`] : []),
    summary,
  ].join('; ');
  return {
    line: `CERTAGENT ${WORDS[exitCode]} - ${text.replaceAll('|', '/')} | ${performance(report, rows, left / DAY, limits)}`,
    exitCode,
  };
}

const MOST = 4;

function performance({ alerts }: StatusReport, rows: StatusRow[], days: number, { warning, critical }: Limits): string {
  const count = (nearness: string) => rows.filter(({ decision }) => decision.nearness === nearness).length;
  return [
    `days_left=${Math.floor(days)};${warning}:;${critical}:`,
    `certificates=${rows.length};;;0`,
    `due=${count('due')};;;0`,
    `urgent=${count('urgent')};;;0`,
    `expired=${count('expired')};;;0`,
    `alerts=${alerts.length};;;0`,
  ].join(' ');
}
