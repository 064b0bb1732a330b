import { createInterface } from 'node:readline/promises';
import { type Context, isData, usage } from './context.ts';

/** Asks a question; y and yes mean yes. Throws CertagentError USAGE where nobody can answer. */
export async function agreed(question: string, { options, output, stdin, stdout }: Context): Promise<boolean> {
  if (options.yes === true) return true;
  if (isData(output) || !stdin.isTTY || !stdout.isTTY)
    throw usage(
      'nothing was changed: certagent cannot ask without a terminal',
      'Use --yes to continue without a question.',
    );
  const prompt = createInterface({ input: stdin, output: stdout.stream() });
  try {
    return /^y(es)?$/i.test((await prompt.question(`\n${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
