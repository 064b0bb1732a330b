import { createInterface } from 'node:readline/promises';
import { type Context, usage } from './context.ts';

/** Asks a question, to be answered with y or yes. Throws CertagentError USAGE where nobody is there to answer. */
export async function agreed(question: string, { options, output, stdin, stdout }: Context): Promise<boolean> {
  if (options.yes === true) return true;
  if (output === 'json' || !stdin.isTTY || !stdout.isTTY)
    throw usage(
      'nothing was touched: nobody can be asked here, as there is no terminal',
      'Say --yes to go on without being asked.',
    );
  const prompt = createInterface({ input: stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await prompt.question(`\n${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
