import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { CertagentError, errorCode } from '../domain/model/errors.ts';
import { copyAttributes } from '../host/attributes.ts';
import { type GuardedFile, plain, readGuarded } from './guarded.ts';
import { BACKUP_SUFFIX, LOCK_TEXT } from './leftover-files.ts';

// Writing inside a directory that `inDirectory` opened, in the helper, as the copy's owner.

/** As `exchangeGuarded`; `old` stays beside it as NAME.certagent-backup (0600). */
export function replaceGuarded(directory: string, name: string, old: GuardedFile, content: Buffer): string {
  putPrivate(directory, `${plain(name)}${BACKUP_SUFFIX}`, old.bytes);
  return exchangeGuarded(directory, name, old, content);
}

/** Writes certagent's own file beside a copy (0600). A rename replaces whatever holds its name; a link planted there is not followed. */
export function putPrivate(directory: string, name: string, content: Buffer): void {
  const { path } = writeTemporary(directory, content, PRIVATE);
  orRemove(path, () => renameSync(path, `${directory}/${plain(name)}`));
}

/**
 * Puts `content` in the place of `old`. Whoever made the file different from `old` meanwhile wins: CertagentError COPY_CHANGED.
 * kubectl's own lock (NAME.lock, client-go tools/clientcmd/config.go) is respected: COPY_LOCKED. Returns a remark for the user,
 * mostly empty.
 */
export function exchangeGuarded(directory: string, name: string, old: GuardedFile, content: Buffer): string {
  const path = `${directory}/${plain(name)}`;
  const next = writeTemporary(directory, content, { ...old.facts, like: path });
  orRemove(next.path, () =>
    locked(directory, name, () => {
      if (readGuarded(directory, name).version !== old.version) throw changed();
      renameSync(next.path, path);
    }),
  );
  syncGuarded(directory);
  return next.lost === null ? '' : `its ${next.lost} could not be kept, so the group lost its access`;
}

/** Creates a file (0600). Throws CertagentError COPY_CHANGED when the name exists. */
export function createGuarded(directory: string, name: string, content: Buffer): void {
  try {
    linkNew(writeTemporary(directory, content, PRIVATE).path, `${directory}/${plain(name)}`);
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? changed() : error;
  }
  syncGuarded(directory);
}

export const changed = () =>
  new CertagentError('COPY_CHANGED', 'changed while being read, will be read again at the next check');

/** `like`: the file whose access control list and extended attributes it gets. */
type Want = { mode: number; gid: number | null; like: string | null };
const PRIVATE: Want = { mode: 0o600, gid: null, like: null };

function writeTemporary(directory: string, content: Buffer, want: Want) {
  const path = `${directory}/.certagent-${randomBytes(6).toString('hex')}.tmp`;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  let lost: string | null = null;
  try {
    orRemove(path, () => {
      writeFileSync(fd, content);
      if (!keepGroup(fd, want.gid)) lost = 'group';
      else if (want.like !== null && !isLike(fd, want.like) && (want.mode & 0o070) !== 0) lost = 'access control list';
      // The new group must not get the rights of the previous group, or of somebody on its access control list.
      fchmodSync(fd, lost === null ? want.mode : want.mode & ~0o070);
      fsyncSync(fd);
    });
  } finally {
    closeSync(fd);
  }
  return { path, lost: lost as string | null };
}

function isLike(fd: number, path: string): boolean {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
  const like = openSync(path, flags);
  try {
    return copyAttributes(like, fd);
  } finally {
    closeSync(like);
  }
}

/** A user may give a file only to a group of theirs; `cp` by root followed by `chown alice` leaves root's group behind. */
function keepGroup(fd: number, gid: number | null): boolean {
  const stat = fstatSync(fd);
  if (gid === null || stat.gid === gid) return true;
  try {
    fchownSync(fd, stat.uid, gid);
    return true;
  } catch {
    return false;
  }
}

function orRemove(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    try {
      unlinkSync(path);
    } catch {
      // The first error is more useful.
    }
    throw error;
  }
}

function locked(directory: string, name: string, act: () => void): void {
  const path = `${directory}/${name}.lock`;
  try {
    linkNew(writeTemporary(directory, Buffer.from(LOCK_TEXT), PRIVATE).path, path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    throw new CertagentError(
      'COPY_LOCKED',
      'is locked by kubectl, will be read again at the next check; if no kubectl runs, remove the .lock file beside it',
    );
  }
  try {
    act();
  } finally {
    unlinkSync(path);
  }
}

/** Unlike a rename, a link never replaces what is there; and the file is there whole or not at all. */
function linkNew(temporary: string, path: string): void {
  orRemove(temporary, () => linkSync(temporary, path));
  unlinkSync(temporary);
}

/** A directory that may not be listed cannot be opened for this: its new names are then as durable as any others. */
function syncGuarded(directory: string): void {
  let fd: number;
  try {
    fd = openSync(`${directory}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return;
  }
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
