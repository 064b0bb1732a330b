import { askNode } from '../ask.ts';
import { type Context, print } from '../context.ts';
import { renderPlan } from '../render/plan.ts';

export async function run(context: Context): Promise<number> {
  const force = context.options.force === true;
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
