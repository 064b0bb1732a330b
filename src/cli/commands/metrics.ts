import { askNode } from '../ask.ts';
import type { Context } from '../context.ts';

export async function run(context: Context): Promise<number> {
  const { answer } = await askNode(context, (node) => node.metrics());
  context.stdout.write(answer);
  return 0;
}
