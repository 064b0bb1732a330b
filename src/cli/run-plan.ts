import type { PlanOutcome, Progress } from '../domain/model/journal.ts';
import { agreed } from './agreed.ts';
import { type Context, dataText, isData } from './context.ts';
import { progressLine } from './progress.ts';
import { scrub } from './render/paint.ts';
import { outcomeLines } from './render/renewal-lines.ts';
import { timesIn } from './render/time.ts';

/** Exit code: nothing was changed, because something forbids it or a plan is running. */
export const BLOCKED = 4;

/**
 * Asks whether to run a plan that was shown, runs it with its progress, and prints how it ended. `timeZone`: the node's. `asData`: what
 * -o json prints of it. Returns the exit code.
 */
export async function runPlan(
  context: Context,
  timeZone: string,
  act: (progress: (progress: Progress) => void) => Promise<PlanOutcome | null>,
  asData: (outcome: PlanOutcome | null) => unknown = (outcome) => outcome,
): Promise<number> {
  const { paint, stdout, output } = context;
  if (!(await agreed('Run this plan?', context))) {
    stdout.write('Nothing was changed.\n');
    return 1;
  }
  const line = progressLine(context);
  try {
    const outcome = await act((progress) => line.show(scrub(progress)));
    line.end();
    const now = Date.now();
    const lines = () => outcomeLines(scrub(outcome), now, { paint, times: timesIn(timeZone, now) }).join('\n');
    stdout.write(`${isData(output) ? dataText(context, asData(outcome)) : lines()}\n`);
    return outcome === null || outcome.result === 'succeeded' ? 0 : 1;
  } finally {
    line.end();
  }
}
