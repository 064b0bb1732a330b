import { spawnSync } from 'node:child_process';
import { constants, fstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PROGRAMS } from './programs.ts';

// Node.js cannot read access control lists and extended attributes, so cp and ls (coreutils) do it. They get the two files as
// open descriptors: no name that somebody could exchange is opened again.

/**
 * Gives the file `to` the mode, the access control list and the extended attributes of `from`. False when it is not sure
 * that both have the same list: then the group bits of a mode, which with a list are its mask, must not be set.
 */
export function copyAttributes(from: number, to: number): boolean {
  // cp opens both once more, and would wait for somebody who writes into a FIFO.
  if (!fstatSync(from).isFile()) return false;
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

/**
 * The mode for a new file, open as `to`, that has the mode and takes the place of `like` (its path, or that of its backup),
 * whose list and attributes it gets. Where that is not sure, its group gets no rights. Nothing is done where the group may
 * not do more than everybody.
 */
export async function modeLike(like: string, to: FileHandle, mode: number): Promise<number> {
  const ofGroup = (mode & 0o070) >> 3;
  if ((ofGroup & ~mode & 0o007) === 0) return mode;
  const from = await open(like, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return copyAttributes(from.fd, to.fd) ? mode : mode & ~0o070;
  } finally {
    await from.close();
  }
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
