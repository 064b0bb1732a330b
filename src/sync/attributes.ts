import { spawnSync } from 'node:child_process';
import { PROGRAMS } from '../host/programs.ts';

// Node.js cannot read access control lists and extended attributes, so cp and ls (coreutils) do it, as the copy's owner.
// They get the two files as open descriptors: no name that the owner could exchange is opened again.

/**
 * Gives the file `to` the mode, the access control list and the extended attributes of `from`. False when it is not sure
 * that both have the same list: then the group bits of a mode, which with a list are its mask, must not be set.
 */
export function copyAttributes(from: number, to: number): boolean {
  const copied = ['mode,xattr', 'mode'].some(
    (what) => coreutils('cp', ['--attributes-only', `--preserve=${what}`, '--', FROM, TO], from, to) !== null,
  );
  const listed = coreutils('ls', ['-lLdn', '--', FROM, TO], from, to);
  const modes = listed?.split('\n').map((line) => line.split(' ')[0] ?? '') ?? [];
  const [mode, other] = modes;
  // The sign after the mode is "+" when there is a list.
  if (copied && mode !== undefined && mode === other) return true;
  const hasList = modes.some((each) => each.endsWith('+'));
  return !hasList && listed !== null && showsLists(from, to);
}

const FROM = '/proc/self/fd/3';
const TO = '/proc/self/fd/4';

/** Busybox's ls shows no sign for a list. */
function showsLists(from: number, to: number): boolean {
  return coreutils('ls', ['--version'], from, to)?.includes('coreutils') ?? false;
}

/** What it printed; null when it is not there or failed. Milliseconds. */
function coreutils(program: 'cp' | 'ls', args: string[], from: number, to: number): string | null {
  const { status, stdout } = spawnSync(program, args, {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore', from, to],
    timeout: PROGRAMS.attributes.limit,
    killSignal: 'SIGKILL',
    maxBuffer: 64 * 1024,
  });
  return status === 0 ? stdout.toString('utf8') : null;
}
