import type { AttemptReport, AttemptStep } from '../../domain/plan/attempt-report.ts';
import { formatDuration } from '../../domain/time/duration.ts';
import { type Paint, plain, type Style, scrub } from './paint.ts';
import { attemptText } from './sections.ts';
import { fold, table } from './table.ts';
import { timesIn } from './time.ts';

/** `certagent history PLAN` for a person: what became of each step. */
export function renderAttempt(
  unsafe: AttemptReport,
  timeZone: string,
  options: { paint?: Paint; width?: number } = {},
): string {
  const { attempt, why, certificates, steps } = scrub(unsafe);
  const { paint = plain, width = Number.POSITIVE_INFINITY } = options;
  const times = timesIn(timeZone, Date.now());
  const rows = steps.map((step, at) => {
    const style = STYLES[step.state];
    return [
      { text: String(at + 1) },
      { text: STATES[step.state], ...(style === undefined ? {} : { style }) },
      { text: step.startedAt === null || step.endedAt === null ? '' : formatDuration(step.endedAt - step.startedAt) },
      { text: stepText(step) },
    ];
  });
  return `${[
    fold(attemptText(attempt, { times, paint }), width),
    fold(`Why: ${why}`, width),
    fold(`Certificates: ${certificates.join(', ')}`, width),
    '',
    table([{ title: '', align: 'right' }, { title: 'STATE' }, { title: 'TOOK' }, { title: 'STEP' }], rows, {
      paint,
      width,
    }),
    '',
    `The log of that time: certagent logs --plan ${attempt.planId}`,
  ].join('\n')}\n`;
}

const STATES: Record<AttemptStep['state'], string> = {
  'not-run': 'not run',
  begun: 'begun',
  done: 'done',
  failed: 'FAILED',
};
const STYLES: Partial<Record<AttemptStep['state'], Style>> = { 'not-run': 'dim', begun: 'yellow', failed: 'red' };

function stepText({ title, detail, error, undone }: AttemptStep): string {
  const parts = [
    detail === '' ? title : `${title}: ${detail}`,
    error === null ? '' : `${error.message} (${error.code})`,
    undone === null
      ? ''
      : undone.error === null
        ? 'undone'
        : `NOT undone: ${undone.error.message} (${undone.error.code})`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}
