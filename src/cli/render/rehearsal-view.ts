import type { Instant } from '../../domain/model/certificate.ts';
import type {
  RehearsalMeasures,
  RehearsalResult,
  RehearsedCertificate,
  RehearsedFacts,
} from '../../domain/model/rehearsal.ts';
import type { RehearsalReport } from '../../domain/model/rehearsal-report.ts';
import { describeStep } from '../../domain/plan/describe.ts';
import type { RehearsalFinding, RehearsalJudgement } from '../../domain/plan/judge-rehearsal.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import { nodeLine } from './node.ts';
import { type Paint, plain, type Style, scrub } from './paint.ts';
import { type Cell, fold, table } from './table.ts';
import { type Times, timesIn } from './time.ts';

type Look = { paint?: Paint; width?: number };
type Done = Exclude<RehearsalResult, { kind: 'impossible' }>;

/** `certagent plan --rehearse` for a person: what the renewal would change, and what speaks against it. */
export function renderRehearsal(unsafe: RehearsalReport, options: Look = {}): string {
  const report = scrub(unsafe);
  const { paint = plain, width = Number.POSITIVE_INFINITY } = options;
  const head = paint('bold', nodeLine(report.node));
  if (report.step === null) return `${head}\n${fold(`Nothing was rehearsed: ${report.why}.`, width)}\n`;
  const { judgement, results } = report;
  const last = results.at(-1)!;
  return `${[
    head,
    fold(`Tried: ${describeStep(report.step, {})}.`, width),
    `${paint('bold', 'Rehearsal:')} ${verdictLine(judgement, paint)}`,
    ...(report.cure === null ? [] : [fold(curedLine(report.cure), width)]),
    ...(last.kind === 'impossible' ? [] : [fold(costLine(last), width), ...changes(last, report, options)]),
    ...judgement.findings.flatMap((finding) => findingLines(finding, paint)).map((line) => fold(line, width)),
    'Nothing on the node was changed.',
  ].join('\n')}\n`;
}

const VERDICTS: Record<RehearsalJudgement['verdict'], [Style, string, string]> = {
  passed: ['green', 'PASSED', 'the renewal would succeed'],
  failed: ['red', 'FAILED', 'certagent would not begin this renewal'],
  doubtful: [
    'yellow',
    'DOUBTFUL',
    'certagent would begin this renewal only when a certificate is urgent or has expired',
  ],
  impossible: ['yellow', 'NOT POSSIBLE', 'with renew.rehearse = "auto" certagent renews without it'],
};

function verdictLine({ verdict }: RehearsalJudgement, paint: Paint): string {
  const [style, word, meaning] = VERDICTS[verdict];
  return `${paint(style, word)}: ${meaning}`;
}

function curedLine(cure: string): string {
  return `Without ${cure} the start was not ready: it waited for its own expired listener. What follows was tried with that file; the renewal creates it first.`;
}

/** "Ready after 4.6 s. Took 12 s, 7 MiB copied, at most 361 MiB of memory." */
function costLine(done: Done): string {
  const ready = done.kind === 'start' && done.readyAfter !== null ? `Ready after ${seconds(done.readyAfter)}. ` : '';
  return `${ready}${cost(done.measures)}.`;
}

function cost({ duration, copied, peakMemory }: RehearsalMeasures): string {
  const memory = peakMemory === null ? '' : `, at most ${mebibytes(peakMemory)} of memory`;
  return `Took ${seconds(duration)}, ${mebibytes(copied)} copied${memory}`;
}

function changes(
  { certificates }: Done,
  { at, node }: Pick<RehearsalReport, 'at' | 'node'>,
  { paint = plain, width = Number.POSITIVE_INFINITY }: Look,
): string[] {
  if (certificates.length === 0) return [];
  const columns = ['CERTIFICATE', 'RESULT', 'KEY', 'EXPIRES', 'SUBJECT'].map((title) => ({ title }));
  return [
    '',
    paint('bold', 'What would change'),
    table(columns, certificates.map(row(at, timesIn(node.timeZone, at))), { paint, width, indent: '  ' }),
    '',
  ];
}

function row(now: Instant, times: Times) {
  return ({ id, before, after, problem }: RehearsedCertificate): Cell[] => {
    const value = (of: (facts: RehearsedFacts) => string) => ({
      text: after === null ? '-' : changed(before, after, of),
    });
    const { text: expiry } = value(({ notAfter }) => times.date(notAfter));
    return [
      { text: id },
      problem === null ? { text: 'renewed', style: 'green' } : { text: problem.code, style: 'red' },
      value(({ keyType }) => keyType),
      { text: after === null ? expiry : expiry.replace(/(?= \(|$)/, `, in ${formatDuration(after.notAfter - now)}`) },
      value(({ subject }) => subject),
    ];
  };
}

function changed(before: RehearsedFacts | null, after: RehearsedFacts, of: (facts: RehearsedFacts) => string): string {
  return before === null || of(before) === of(after) ? of(after) : `${of(after)} (was ${of(before)})`;
}

const STYLES: Record<RehearsalFinding['weight'], [Style, string]> = {
  fails: ['red', 'Problem'],
  doubtful: ['yellow', 'Doubt'],
  note: ['bold', 'Note'],
};

function findingLines({ code, weight, what, remedy }: RehearsalFinding, paint: Paint): string[] {
  const [style, word] = STYLES[weight];
  return [`${paint(style, `${word}:`)} ${what} (${code})`, ...(remedy === null ? [] : [`  What to do: ${remedy}`])];
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`;
