import { parseArgs } from 'node:util';
import { makeContext } from './context.ts';

/**
 * `certagent status` is asked often, by people who wait for it: written without anything unusual, it runs without loading
 * the parser of the whole command line (a fifth of its time). null: not that, let the parser judge.
 */
export function quickStatus(argv: string[]): Promise<number> | null {
  const parsed = parse(argv);
  if (parsed === null || parsed.positionals.length !== 1 || parsed.positionals[0] !== 'status') return null;
  const { watch = false, color = true, ...global } = parsed.values;
  const context = makeContext({ ...global, color }, { name: 'status', options: { watch } });
  return import('./commands/status.ts').then(({ run }) => run(context));
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      allowNegative: true,
      options: {
        root: { type: 'string' },
        config: { type: 'string' },
        output: { type: 'string', short: 'o' },
        color: { type: 'boolean' },
        watch: { type: 'boolean', short: 'w' },
      },
    });
  } catch {
    return null;
  }
}
