import { lstatSync, opendirSync, unlinkSync } from 'node:fs';
import { CertagentError } from '../domain/model/errors.ts';
import { DAY } from '../domain/time/duration.ts';
import { readGuarded } from './guarded.ts';

/** What certagent writes into kubectl's lock, which kubectl leaves empty. */
export const LOCK_TEXT = 'certagent\n';

/** What is appended to a copy's name for the copy as it was before certagent changed it. */
export const BACKUP_SUFFIX = '.certagent-backup';
/** What is appended to a kubeconfig's name for the file that it names while key and certificate beside it are replaced. */
export const PAIR_SUFFIX = '.certagent-pair';
/** A backup holds credentials, and its owner can restore it. Milliseconds. */
export const BACKUP_AGE = 7 * DAY;

const TEMPORARY = /^\.certagent-[0-9a-f]{12}\.tmp$/;
/** A directory with more names than this is not searched. */
const MOST = 10_000;

/**
 * Removes what a killed helper left beside the copy `name`, its temporary files and its lock, and the backup when it is old.
 * No other helper is at work: there is one certagent on a node, and one helper a user. In the helper, as the copy's owner.
 */
export function removeLeftovers(directory: string, name: string): void {
  removeOldBackup(`${directory}/${name}${BACKUP_SUFFIX}`);
  for (const temporary of temporaries(directory)) {
    const path = `${directory}/${temporary}`;
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() && stat.uid === process.geteuid!()) unlinkSync(path);
  }
  if (isOurLock(directory, `${name}.lock`)) unlinkSync(`${directory}/${name}.lock`);
}

function removeOldBackup(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() && stat.uid === process.geteuid!() && Date.now() - stat.mtimeMs > BACKUP_AGE) unlinkSync(path);
}

function temporaries(directory: string): string[] {
  const names: string[] = [];
  try {
    using entries = opendirSync(`${directory}/.`);
    for (let count = 0; count < MOST; count += 1) {
      const entry = entries.readSync();
      if (entry === null) break;
      if (TEMPORARY.test(entry.name)) names.push(entry.name);
    }
  } catch {
    // A directory that may be searched but not listed.
  }
  return names;
}

function isOurLock(directory: string, name: string): boolean {
  try {
    return readGuarded(directory, name).bytes.equals(Buffer.from(LOCK_TEXT));
  } catch (error) {
    // kubectl's own has the mode 0000, with which not even its owner opens it.
    if (error instanceof CertagentError || (error as NodeJS.ErrnoException).code === 'EACCES') return false;
    throw error;
  }
}
