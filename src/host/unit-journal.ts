import { errorCode } from '../domain/model/errors.ts';
import { short } from '../domain/text/printable.ts';
import { run } from './commands.ts';
import { PROGRAMS } from './programs.ts';
import type { Root } from './root.ts';

/** The last lines of a start are enough: a start that hangs repeats itself. */
const LINES = 300;
const LINE_LIMIT = 1_000;

/**
 * What a unit logged since its last start, oldest line first, each in one printable line of bounded length: systemd gives each
 * start an id of its own (`InvocationID`), which the journal adds to every message of its processes. Empty where there is
 * no such start, or its journal cannot be read. Others write these lines: they are to be matched, never shown.
 */
export async function journalOfStart(root: Root, invocation: string | null): Promise<string[]> {
  if (invocation === null) return [];
  const words = ['--no-pager', '--quiet', '--output=cat', '--reverse', `--lines=${LINES}`];
  try {
    const { stdout } = await run(root, 'journalctl', [...words, `_SYSTEMD_INVOCATION_ID=${invocation}`], {
      limit: PROGRAMS.unitJournal.limit,
    });
    const lines = stdout.split('\n').map((line) => short(line, LINE_LIMIT));
    return lines.filter((line) => line !== '').reverse();
  } catch (error) {
    if (errorCode(error).startsWith('COMMAND_') || errorCode(error) === 'ROOT_FOREIGN') return [];
    throw error;
  }
}
