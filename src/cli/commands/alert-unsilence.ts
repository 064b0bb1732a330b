import { alertNamed } from '../alert-named.ts';
import { askNode } from '../ask.ts';
import { type Context, print } from '../context.ts';

/** `certagent alert unsilence CODE [SUBJECT]` */
export async function run(context: Context): Promise<number> {
  const about = alertNamed(context);
  await askNode(context, (node) => node.unsilence(about));
  print(context, about, () => `${about.code} is sent again: at the next check, while it is active.`);
  return 0;
}
