import { askNode } from '../ask.ts';
import { type Context, print } from '../context.ts';
import { progressLine } from '../progress.ts';
import { scrub } from '../render/paint.ts';
import { renderPlan } from '../render/plan.ts';
import { renderRehearsal } from '../render/rehearsal-view.ts';

export async function run(context: Context): Promise<number> {
  const force = context.options.force === true;
  if (context.options.rehearse === true) return rehearse(context, force);
  const request = force || context.options.now === true ? { force } : undefined;
  const { answer, source } = await askNode(context, (node) => node.plan(request));
  print(context, answer, () => {
    const note =
      source === 'daemon'
        ? ''
        : 'No daemon is running: nothing is renewed until it starts, or until you run certagent renew.\n';
    return `${renderPlan(answer, { paint: context.paint, width: context.width })}${note}`;
  });
  return 0;
}

/** Scripts tell by the exit code what the rehearsal means; text and JSON are the same for each of them. */
const EXIT_CODES = { passed: 0, doubtful: 5, failed: 5, impossible: 6 } as const;

async function rehearse(context: Context, force: boolean): Promise<number> {
  const line = progressLine(context);
  try {
    const { answer } = await askNode(context, (node) =>
      node.rehearse({ force }, (progress) => line.show(scrub(progress))),
    );
    line.end();
    print(context, answer, () => renderRehearsal(answer, { paint: context.paint, width: context.width }));
    return EXIT_CODES[answer.step === null ? 'impossible' : answer.judgement.verdict];
  } finally {
    line.end();
  }
}
