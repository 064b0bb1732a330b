import type { StatusReport } from '../../domain/model/status.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import { filtered, type StatusFilter } from '../status-filter.ts';
import { nodeLine } from './node.ts';
import { type Paint, plain, scrub } from './paint.ts';
import { renewalLines } from './renewal-lines.ts';
import { certificateTable } from './rows.ts';
import { alertLines, copyLines, findingLines, lastAttemptLines, servedLines, silenceLines } from './sections.ts';
import type { View } from './status-view.ts';
import { fold } from './table.ts';
import { timesIn } from './time.ts';

/** `certagent status` for a person. `width`: columns of the terminal, Infinity when there is none. */
export function renderStatus(
  unsafe: StatusReport,
  options: { paint?: Paint; width?: number; wide?: boolean; filter?: StatusFilter } = {},
): string {
  // The error of a refused configuration has several lines; here it is one of the lines at the top.
  const configError = unsafe.configError?.replaceAll(/\s*\n\s*/g, '; ') ?? null;
  const report = scrub({ ...unsafe, configError });
  const view: View = {
    paint: options.paint ?? plain,
    times: timesIn(report.node.timeZone, report.at),
    width: options.width ?? Number.POSITIVE_INFINITY,
    wide: options.wide ?? false,
  };
  const prose = (lines: string[]) => lines.map((line) => fold(line, view.width));
  const blocks = [
    prose(headLines(report, view)),
    certificateLines(report, view, options.filter),
    prose(renewalLines(report.renewal, report.running, report.certificates, view)),
    alertLines(report.alerts, view),
    prose(silenceLines(report.silences ?? [], view)),
    servedLines(report.served, view),
    findingLines(report.findings, view),
    // The renewal that is under way has its own line, and is not "unfinished".
    report.running !== null && report.running.planId === report.lastAttempt?.planId
      ? []
      : prose(lastAttemptLines(report.lastAttempt, view)),
    copyLines(report.copies, view),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

/** The table; under a filter, of what it lets through, and a line that says so: a short list must not look like all there is. */
function certificateLines(report: StatusReport, view: View, filter?: StatusFilter): string[] {
  const all = report.certificates.length;
  if (all === 0) return [];
  if (filter === undefined || filter.words === '') return [certificateTable(report, view)];
  const shown = filtered(report, filter);
  const count = shown.certificates.length;
  const line = `${count === 0 ? 'None' : count} of ${all} certificates ${count === 1 ? 'matches' : 'match'} ${filter.words}.`;
  return [...(count === 0 ? [] : [certificateTable(shown, view)]), view.paint('dim', line)];
}

function headLines(report: StatusReport, { paint, times }: View): string[] {
  const next = report.nextCheckAt === null ? '' : `, next check ${times.moment(report.nextCheckAt)}`;
  const source =
    report.source === 'daemon'
      ? `Last check by the daemon at ${times.moment(report.checkedAt)}${next} (${report.node.timeZone}).`
      : `No daemon is running, nothing is renewed. Read from the node itself at ${times.moment(report.checkedAt)} (${report.node.timeZone}).`;
  return [
    `${paint('bold', nodeLine(report.node, report.labels.site))}${report.mode === 'observe' ? ', observe only' : ''}`,
    report.source === 'daemon' ? source : paint('yellow', source),
    ...report.node.missing.map((what) => paint('yellow', `Missing: ${what}`)),
    ...(report.configError === null
      ? []
      : [paint('red', `Configuration refused; the previous one stays in use: ${report.configError}`)]),
    ...(report.pause == null
      ? []
      : [paint('yellow', `Renewals are PAUSED until ${times.moment(report.pause.until)}: ${report.pause.reason}`)]),
    ...(report.failingSinks.length === 0
      ? []
      : [paint('red', `Alerts do not reach ${report.failingSinks.join(', ')}.`)]),
    summary(report),
  ];
}

function summary({ certificates, at }: StatusReport): string {
  const first = certificates.toSorted((a, b) => a.certificate.notAfter - b.certificate.notAfter)[0];
  if (first === undefined) return 'No certificate was found.';
  const left = first.certificate.notAfter - at;
  const count = certificates.length === 1 ? 'One certificate; it' : `${certificates.length} certificates; the first`;
  return `${count} ${left < 0 ? `expired ${formatDuration(-left)} ago` : `expires in ${formatDuration(left)}`} (${first.id}).`;
}
