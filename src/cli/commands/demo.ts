import type { Context } from '../context.ts';

export async function run({ options, stdout }: Context): Promise<number> {
  const { runDemo } = await import('../../demo/acts.ts');
  return runDemo({ keep: options.keep === true, out: stdout });
}
