import type { StatusReport, StatusRow } from '../../domain/model/status.ts';
import { DAY, formatDuration, MINUTE } from '../../domain/time/duration.ts';

const OK = 0;
const WARNING = 1;
const CRITICAL = 2;
export const UNKNOWN = 3;
const WORDS = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'];

/** How late a check can be before it counts as missed: a renewal can delay it. */
const PATIENCE = 30 * MINUTE;

/**
 * The line and exit status of a monitoring plugin. Limits are in days. See the Monitoring Plugins Development Guidelines,
 * "Plugin Output" and "Performance data": 'label'=value;warn;crit;min;max, where the range "30:" alarms below 30.
 */
export function judge(
  report: StatusReport,
  limits: { warning: number; critical: number },
  now: number,
): { line: string; exitCode: number } {
  // Copies are updated, not renewed; a problem with one is an alert.
  const rows = report.certificates
    .filter(({ owner }) => owner !== 'copy')
    .toSorted((a, b) => a.certificate.notAfter - b.certificate.notAfter);
  const first = rows[0];
  if (first === undefined)
    return { line: 'CERTAGENT UNKNOWN - no certificate was found on this node', exitCode: UNKNOWN };
  const troubles = [...rows.flatMap((row) => ofCertificate(row, limits, now)), ...ofNode(report, now)];
  const exitCode = Math.max(OK, ...troubles.map(({ level }) => level));
  const worst = troubles.filter(({ level }) => level === exitCode).map(({ text }) => text);
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
type Trouble = { level: number; text: string };

/** A certificate whose renewal window is not open yet is fine, however short its life. */
function ofCertificate(
  { id, decision, certificate }: StatusRow,
  limits: { warning: number; critical: number },
  now: number,
): Trouble[] {
  const left = certificate.notAfter - now;
  if (left <= 0) return [{ level: CRITICAL, text: `${id} has expired` }];
  if (decision.nearness === 'not-yet-valid') return [{ level: CRITICAL, text: `${id} is not valid yet` }];
  if (decision.nearness === 'valid') return [];
  const text = `${id} expires in ${formatDuration(left)}`;
  const { warning, critical } = scaled(limits, certificate.notAfter - decision.opensAt);
  if (left < critical) return [{ level: CRITICAL, text }];
  return left < warning ? [{ level: WARNING, text }] : [];
}

const SHORT = 30 * DAY;

/** In milliseconds. A renewal window that is shorter than a month is that of a short-lived certificate. */
function scaled(limits: { warning: number; critical: number }, window: number) {
  const [warning, critical] = [limits.warning * DAY, limits.critical * DAY];
  return window >= SHORT
    ? { warning, critical }
    : { warning: Math.min(warning, (window * 2) / 3), critical: Math.min(critical, window / 3) };
}

function ofNode({ alerts, nextCheckAt, configError, failingSinks, source }: StatusReport, now: number): Trouble[] {
  const late = source === 'daemon' && nextCheckAt !== null && now - nextCheckAt > PATIENCE;
  return [
    ...alerts
      .filter(({ alert }) => alert.severity !== 'info')
      .map(({ alert }) => ({
        level: alert.severity === 'critical' ? CRITICAL : WARNING,
        text: alert.text.replace(/\.$/, ''),
      })),
    ...(source === 'daemon' ? [] : [{ level: WARNING, text: 'no daemon is running: nothing is renewed' }]),
    ...(late
      ? [
          {
            level: WARNING,
            text: `the check due ${formatDuration(now - nextCheckAt)} ago did not run`,
          },
        ]
      : []),
    ...(configError === null ? [] : [{ level: WARNING, text: 'the configuration was refused' }]),
    ...(failingSinks.length === 0 ? [] : [{ level: WARNING, text: `alerts do not reach ${failingSinks.join(', ')}` }]),
  ];
}

function performance(
  { alerts }: StatusReport,
  rows: StatusRow[],
  days: number,
  { warning, critical }: { warning: number; critical: number },
): string {
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
