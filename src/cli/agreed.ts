import { createInterface } from 'node:readline/promises';
import type { Context } from './context.ts';

/** Asks a question, to be answered with y or yes. Only a terminal is asked: a script that runs the command means it. */
export async function agreed(question: string, { options, stdin, stdout }: Context): Promise<boolean> {
  if (options.yes === true || !stdin.isTTY || !stdout.isTTY) return true;
  const prompt = createInterface({ input: stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await prompt.question(`\n${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}
