import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { O_PATH, SIZE_LIMIT } from '../host/files.ts';
import type { CopyFile, Location } from './messages.ts';

// The helper's only way to the disk. The directory belongs to a user who may exchange any name in it at any moment, so
// it is opened once, step by step without following links, and its files are named through that descriptor. Calls are
// synchronous: nothing else happens in the helper, and each thread of it has already become the user.

/** With O_PATH a directory that may be searched but not listed can still be entered. */
const ENTER = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export type GuardedFile = { bytes: Buffer; version: string; facts: CopyFile };

/**
 * Opens the directory and calls `act` with a path that stays bound to it. `base` is the descriptor of the root prefix.
 * `make`: the last step is made (0700) when it is missing. Throws CertagentError COPY_ABSENT, COPY_REFUSED.
 */
export function inDirectory<T>(base: number, at: Location, make: boolean, act: (directory: string) => T): T {
  let fd = at.follow === null ? openSync(bound(base), ENTER & ~constants.O_NOFOLLOW) : enterFollowing(at.follow);
  try {
    for (const [index, step] of at.steps.entries()) {
      if (make && index === at.steps.length - 1) makeDirectory(`${bound(fd)}/${plain(step)}`);
      const next = enter(fd, plain(step));
      closeSync(fd);
      fd = next;
    }
    return act(bound(fd));
  } finally {
    closeSync(fd);
  }
}

/** Reads `name` if it is a regular file with one name that belongs to this user, of at most 1 MiB. Throws as `inDirectory`. */
export function readGuarded(directory: string, name: string): GuardedFile {
  const path = `${directory}/${plain(name)}`;
  // Looked at first so that a device or FIFO is not even opened; what counts is asked of the descriptor below.
  refuseUnlessOurs(absentAware(() => lstatSync(path, { bigint: true })));
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
  const fd = absentAware(() => openSync(path, flags));
  try {
    const stat = fstatSync(fd, { bigint: true });
    refuseUnlessOurs(stat);
    const bytes = stat.size > SIZE_LIMIT ? null : readUpTo(fd, SIZE_LIMIT);
    if (bytes === null) throw refused('is larger than 1 MiB');
    const stamp = [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs, stat.mode].join(':');
    const version = createHash('sha256').update(stamp).update('\0').update(bytes).digest('hex');
    const [mode, uid, gid] = [stat.mode & 0o7777n, stat.uid, stat.gid].map(Number) as [number, number, number];
    const [modifiedAt, changedAt] = [Number(stat.mtimeMs), Number(stat.ctimeMs)];
    return { bytes, version, facts: { mode, uid, gid, modifiedAt, changedAt } };
  } finally {
    closeSync(fd);
  }
}

const bound = (fd: number) => `/proc/self/fd/${fd}`;
const refused = (why: string) => new CertagentError('COPY_REFUSED', why);
const absent = () => new CertagentError('COPY_ABSENT', 'is not there');

/** A name that is one step of a path. */
export function plain(name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
    throw refused('does not have a valid path');
  return name;
}

function enterFollowing(path: string): number {
  return absentAware(() => openSync(path, ENTER & ~constants.O_NOFOLLOW));
}

function enter(from: number, step: string): number {
  let fd: number;
  try {
    fd = absentAware(() => openSync(`${bound(from)}/${step}`, ENTER));
  } catch (error) {
    if (['ENOTDIR', 'ELOOP'].includes(errorCode(error)))
      throw refused(`is reached through a symbolic link, or ${step} is not a directory`);
    throw error;
  }
  // As root nothing is done at a place that another user can rearrange.
  if (process.geteuid!() === 0 && fstatSync(fd).uid !== 0) {
    closeSync(fd);
    throw refused(`belongs to root, but ${step} belongs to another user`);
  }
  return fd;
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

function absentAware<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw absent();
    throw error;
  }
}

function refuseUnlessOurs(stat: BigIntStats): void {
  if (stat.isSymbolicLink()) throw refused('is a symbolic link');
  if (!stat.isFile()) throw refused('is not a regular file');
  if (stat.nlink !== 1n) throw refused('has a second name (hard link)');
  if (stat.uid !== BigInt(process.geteuid!())) throw refused('belongs to another user');
}

/** null when there is more than `limit`: the size can grow after it was asked. */
function readUpTo(fd: number, limit: number): Buffer | null {
  const buffer = Buffer.alloc(limit + 1);
  let length = 0;
  while (length <= limit) {
    const read = readSync(fd, buffer, length, buffer.length - length, null);
    if (read === 0) return buffer.subarray(0, length);
    length += read;
  }
  return null;
}
