import type { Context } from '../context.ts';

export async function run({ options, stdout }: Context): Promise<number> {
  const { removeDemo, runDemo } = await import('../../demo/acts.ts');
  if (typeof options.remove === 'string') return removeDemo(options.remove);
  return runDemo({ keep: options.keep === true, out: stdout });
}
