import { errorCode, explain } from '../domain/model/errors.ts';
import { plainWords } from './argument-words.ts';
import { quickStatus } from './quick.ts';
import type { Paint } from './render/paint.ts';

/** The command line: arguments (without node and script) in, exit code out. Every error ends here, told once. */
export async function main(argv: string[]): Promise<number> {
  // `certagent status | head` is no error.
  process.stdout.on('error', (error) => {
    if (errorCode(error) === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    const quick = quickStatus(argv);
    if (quick !== null) return await quick;
    const { parseAndRun } = await import('./program.ts');
    return await parseAndRun(argv);
  } catch (error) {
    return await tell(error, argv);
  }
}

async function tell(error: unknown, argv: string[]): Promise<number> {
  const { errorJson, exitCodeOf, renderError } = await import('./render/errors.ts');
  if (plainWords(argv)[0] === 'check') {
    const { unknownLine } = await import('./commands/check.ts');
    process.stdout.write(unknownLine(explain(error)));
    return 3;
  }
  process.stderr.write(wantsJson(argv) ? errorJson(error) : renderError(error, await paintFor(argv)));
  return exitCodeOf(error);
}

/** The command line may be the very thing that is wrong, so it is only looked through here. */
function wantsJson(argv: string[]): boolean {
  return argv.some(
    (word, at) => /^(-o=?|--output=)json$/.test(word) || (/^(-o|--output)$/.test(word) && argv[at + 1] === 'json'),
  );
}

async function paintFor(argv: string[]): Promise<Paint> {
  const { paintWith, plain } = await import('./render/paint.ts');
  const { coloured } = await import('./context.ts');
  return coloured(!argv.includes('--no-color'), process.stderr) ? paintWith : plain;
}
