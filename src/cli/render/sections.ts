import type { Attempt } from '../../domain/model/decision.ts';
import type { Finding, ServedCertificate } from '../../domain/model/inventory.ts';
import type { CopyOutcome } from '../../domain/model/journal.ts';
import type { Silence } from '../../domain/model/orders.ts';
import type { StatusReport } from '../../domain/model/status.ts';
import { hostAndPort } from '../../domain/text/host-and-port.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import type { Style } from './paint.ts';
import type { View } from './status-view.ts';
import { type Cell, table } from './table.ts';

type Alerts = StatusReport['alerts'];
const RANK = { critical: 0, warning: 1, info: 2 };
const STYLE: Record<string, Style> = { critical: 'red', warning: 'yellow', info: 'dim' };

export function alertLines(alerts: Alerts, view: View): string[] {
  if (alerts.length === 0) return [];
  const sorted = alerts.toSorted((a, b) => RANK[a.alert.severity] - RANK[b.alert.severity]);
  return [
    view.paint('bold', 'Alerts'),
    ...sorted.flatMap((one) => {
      const { alert, since } = one;
      const from = since === null ? '' : ` (since ${view.times.moment(since)}${keptBack(one, view)})`;
      return [
        rows(
          [[{ text: alert.severity, style: STYLE[alert.severity] ?? 'bold' }, { text: `${alert.text}${from}` }]],
          view,
        ),
        rows([[{ text: '' }, { text: `What to do: ${alert.remedy}` }]], view, alert.severity.length),
      ];
    }),
  ];
}

/** Why an alert is not sent now; empty for one that is. */
function keptBack(one: Alerts[number], { times }: View): string {
  if ('explainedBy' in one && one.explainedBy !== undefined) return `; explained by ${one.explainedBy}`;
  if ('silencedUntil' in one && one.silencedUntil !== undefined)
    return `; silenced until ${times.moment(one.silencedUntil)}`;
  const until = 'heldUntil' in one ? one.heldUntil : undefined;
  return until === undefined ? '' : `; not sent before ${times.moment(until)}`;
}

/** Only what is not as it should be: a server that serves the file is what everybody expects. */
export function servedLines(served: ServedCertificate[], view: View): string[] {
  const bad = served.flatMap((one): Cell[][] => {
    const { name, host, port, expects } = one.endpoint;
    const where = { text: `${name} ${hostAndPort(host, port)}` };
    if (one.state === 'stale') {
      const what = `STALE: does not serve ${expects} as it is on disk, but ${one.certificate.serial}, which expires ${view.times.date(one.certificate.notAfter)}`;
      return [[where, { text: what, style: 'red' }]];
    }
    return one.state === 'unreachable' ? [[where, { text: `unreachable: ${one.detail}`, style: 'yellow' }]] : [];
  });
  return bad.length === 0 ? [] : [view.paint('bold', 'Served certificates'), rows(bad, view)];
}

export function findingLines(findings: Finding[], view: View): string[] {
  if (findings.length === 0) return [];
  const cells = findings.map(({ path, id, reason, detail }): Cell[] => [
    { text: id === null || id === path ? path : `${path} (${id})` },
    { text: `${reason}${detail === '' ? '' : `: ${detail}`}`, style: 'yellow' },
  ]);
  return [view.paint('bold', 'Could not be read'), rows(cells, view)];
}

export function lastAttemptLines(attempt: Attempt | null, view: View): string[] {
  if (attempt === null) return [];
  return [`${view.paint('bold', 'Last renewal:')} ${attemptText(attempt, view)}`];
}

/** "2026-08-02 02:14, by schedule, succeeded in 1 min: 10 certificates" */
export function attemptText(attempt: Attempt, { times, paint }: Pick<View, 'times' | 'paint'>): string {
  const { startedAt, endedAt, trigger, result, granted, error, restores } = attempt;
  const took = endedAt === null ? '' : ` after ${formatDuration(endedAt - startedAt)}`;
  const words = result === 'succeeded' ? paint('green', 'succeeded') : paint('red', result);
  const what =
    error === null
      ? granted.length === 0
        ? ''
        : `: ${granted.length === 1 ? 'one certificate' : `${granted.length} certificates`}`
      : `: ${error.message} (${error.code})`;
  return `${times.full(startedAt)}, ${trigger === 'manual' ? 'by hand' : 'by schedule'}, ${restores === undefined ? '' : `restore of ${restores}, `}${words}${took}${what}`;
}

export function copyLines(copies: CopyOutcome[], view: View): string[] {
  if (copies.length === 0) return [];
  return [view.paint('bold', copyTitle(copies)), copyTable(copies, view)];
}

const COPY_STYLE: Partial<Record<CopyOutcome['result'], Style>> = {
  updated: 'green',
  created: 'green',
  pending: 'yellow',
  refused: 'yellow',
  failed: 'red',
};

/** What the copies of a node are. */
export function copyTitle(copies: CopyOutcome[]): string {
  return copies.every(({ service }) => service === undefined) ? 'Kubeconfig copies' : 'Copies';
}

export function copyTable(copies: CopyOutcome[], view: Pick<View, 'paint' | 'width'>): string {
  const cells = copies.map(({ path, user, result, detail, own }): Cell[] => {
    const waits = own?.next.is === 'waiting';
    const style = waits ? COPY_STYLE.pending : COPY_STYLE[result];
    return [
      { text: path },
      { text: user },
      { text: waits ? 'waiting' : result, ...(style === undefined ? {} : { style }) },
      { text: detail },
    ];
  });
  return rows(cells, view);
}

/** Cells in columns, two blanks in; `least` widens the first column. */
function rows(cells: Cell[][], view: Pick<View, 'paint' | 'width'>, least = 0): string {
  const columns = (cells[0] ?? []).map(() => ({ title: '' }));
  const padded = cells.map((row) =>
    row.map((cell, at) => (at === 0 ? { ...cell, text: cell.text.padEnd(least) } : cell)),
  );
  return table(columns, padded, { paint: view.paint, width: view.width, indent: '  ' });
}

/** What a person does not want to be sent, whether or not it is active. */
export function silenceLines(silences: Silence[], { paint, times }: View): string[] {
  if (silences.length === 0) return [];
  return [
    paint('bold', 'Silenced alerts'),
    ...silences.map(({ code, subject, until, reason }) => {
      const what = subject === null ? code : `${code} (${subject})`;
      return `  ${what} until ${times.moment(until)}: ${reason}`;
    }),
  ];
}
