import { COMMANDS } from '../src/cli/command-catalogue.ts';

/** The table of the README. */
export function commandTable(): string {
  const rows = COMMANDS.map(({ name, argument, summary }) => {
    const words = ['certagent', name, ...(argument === undefined ? [] : [argument.flags.replace('...', '…')])];
    return `| \`${words.join(' ')}\` | ${summary} |`;
  });
  return ['| command | |', '|---|---|', ...rows].join('\n');
}
