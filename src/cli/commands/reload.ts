import { askDaemonOnly } from '../ask.ts';
import { type Context, print } from '../context.ts';

export async function run(context: Context): Promise<number> {
  await askDaemonOnly(context, (node) => node.reload());
  print(context, { reloaded: true }, () => 'The new configuration is now in use.');
  return 0;
}
