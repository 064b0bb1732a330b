import { exampleToml } from '../../config/example.ts';
import type { Context } from '../context.ts';

export async function run(context: Context): Promise<number> {
  context.stdout.write(exampleToml());
  return 0;
}
