import type { Context } from '../context.ts';
import { helpText } from '../render/help.ts';
import { usageError } from '../usage-error.ts';

/** `certagent help COMMAND`, `certagent COMMAND --help`, and certagent without a command. */
export async function run({ argument = '', width, paint, stdout }: Context): Promise<number> {
  const text = helpText(argument, { width, paint });
  if (text === null) throw usageError({ kind: 'unknown-command', word: argument }, 'help');
  stdout.write(text);
  return 0;
}
