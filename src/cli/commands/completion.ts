import { short } from '../../domain/text/printable.ts';
import { SHELLS } from '../command-spec.ts';
import { bashCompletion, fishCompletion, zshCompletion } from '../completions.ts';
import { type Context, usage } from '../context.ts';

const SCRIPTS: Record<(typeof SHELLS)[number], () => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export async function run({ argument, stdout }: Context): Promise<number> {
  const shell = SHELLS.find((each) => each === argument?.replace(/^.*\//, ''));
  if (shell === undefined)
    throw usage(
      argument === undefined ? 'the shell is missing' : `there is no completion for ${short(argument, 60)}`,
      `Name one of ${SHELLS.join(', ')}: certagent completion ${SHELLS[0]}`,
    );
  stdout.write(SCRIPTS[shell]());
  return 0;
}
