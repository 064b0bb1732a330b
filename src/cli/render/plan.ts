import { rulesOfNode } from '../../domain/distributions/index.ts';
import { labelOf } from '../../domain/distributions/names.ts';
import type { RenewalPlan } from '../../domain/model/plan.ts';
import type { PlanReport } from '../../domain/model/status.ts';
import { describeStep } from '../../domain/plan/describe.ts';
import { isInPlace } from '../../domain/plan/plan-parts.ts';
import { nodeLine } from './node.ts';
import { type Paint, plain, scrub } from './paint.ts';
import { renewalLines } from './renewal-lines.ts';
import { fold, wrap } from './table.ts';
import { timesIn } from './time.ts';

type Look = { paint?: Paint; width?: number; when?: string };

/** `certagent plan` for a person: every step that would run, or why none would. `when` it would run: "now". */
export function renderPlan(unsafe: PlanReport, options: Look = {}): string {
  const { node, at, plan, renewal, running, decisions } = scrub(unsafe);
  const { paint = plain, width = Number.POSITIVE_INFINITY, when = 'now' } = options;
  const head = [
    paint('bold', nodeLine(node)),
    ...renewalLines(renewal, running, decisions, { paint, times: timesIn(node.timeZone, at), when }),
  ];
  const prose = head.map((line) => fold(line, width));
  if (running !== null) return `${[...prose, 'To watch it: certagent status --watch'].join('\n')}\n`;
  if (plan === null) return `${[...prose, 'Nothing would run now.'].join('\n')}\n`;
  return `${[
    ...prose,
    ...planLines(plan, { paint, width }),
    '',
    fold(`Renews ${plan.certificates.join(', ')}.`, width),
    ...(isInPlace(plan) ? [] : restartRenews(node)).map((line) => fold(line, width)),
    ...noteLines(plan, width),
    ...(plan.oldExpired ? ['The current certificates have expired: the new ones stay even after a failure.'] : []),
  ].join('\n')}\n`;
}

/** Every step, numbered. */
export function planLines(plan: RenewalPlan, { paint, width }: { paint: Paint; width: number }): string[] {
  const { steps } = plan;
  const digits = String(steps.length).length;
  return [
    '',
    paint('bold', `What would run (${steps.length} steps)`),
    ...steps.flatMap((step, at) => {
      const number = `${String(at + 1).padStart(digits + 2)}. `;
      const [first = '', ...more] = wrap(describeStep(step, plan), Math.max(width - number.length, 24));
      return [number + first, ...more.map((line) => ' '.repeat(number.length) + line)];
    }),
  ];
}

/** What a person should do or know. */
export function noteLines(
  { distribution, neighbours = [], notRehearsed, notInPlace, warnings = [] }: RenewalPlan,
  width: number,
): string[] {
  return [
    ...(notInPlace === undefined
      ? []
      : [fold(`${labelOf(distribution)} is restarted, and not renewed in place: ${notInPlace}.`, width)]),
    ...neighbours.map((one) => fold(`Afterwards, restart ${one}: certagent does not.`, width)),
    ...(notRehearsed === undefined ? [] : [fold(`Not rehearsed before: ${notRehearsed}.`, width)]),
    ...warnings.map((one) => fold(`Warning: ${one}`, width)),
  ];
}

function restartRenews(node: PlanReport['node']): string[] {
  const text = rulesOfNode(node)?.restartRenews?.(node);
  return text === undefined ? [] : [text];
}
