import { askNode } from '../ask.ts';
import { type Context, print } from '../context.ts';

/** `certagent resume` */
export async function run(context: Context): Promise<number> {
  const { answer } = await askNode(context, (node) => node.resume());
  print(context, answer, () =>
    answer === null ? 'Renewals were not paused.' : 'Renewals go on: what is due is renewed as the schedule says.',
  );
  return 0;
}
