import { askNode } from '../ask.ts';
import { type Context, print } from '../context.ts';
import { scrub } from '../render/paint.ts';
import { copyTable } from '../render/sections.ts';

export async function run(context: Context): Promise<number> {
  const dryRun = context.options.dryRun === true;
  const { answer } = await askNode(context, (node) => node.sync({ dryRun }));
  // In observe mode a copy stays pending although it is not a dry run.
  const observes = !dryRun && answer.some(({ result }) => result === 'pending');
  print(context, answer, () => {
    if (answer.length === 0) return 'There are no kubeconfig copies on this node.';
    const title = dryRun || observes ? 'Kubeconfig copies (nothing was changed)' : 'Kubeconfig copies';
    const why = observes ? '\ncertagent only observes this node.\nWhat to do: certagent enable' : '';
    return `${context.paint('bold', title)}\n${copyTable(scrub(answer), context)}${why}`;
  });
  return observes || answer.some(({ result }) => result === 'failed' || result === 'refused') ? 1 : 0;
}
