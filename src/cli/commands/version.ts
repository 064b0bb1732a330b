import packageJson from '../../../package.json' with { type: 'json' };
import { type Context, print } from '../context.ts';

export async function run(context: Context): Promise<number> {
  const { version } = packageJson;
  print(context, { version }, () => version);
  return 0;
}
