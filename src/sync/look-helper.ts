import { lstatSync, opendirSync, readlinkSync, statfsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { errorCode } from '../domain/model/errors.ts';
import { BACKUP_SUFFIX } from './leftover-files.ts';
import type { Facts, LookItem, LookRequest, Sight } from './look.ts';

/**
 * The helper process that looks where copies may be. It opens no file; what it waits for may never answer, which is why
 * it is a process that can be ended and left behind. One line of progress before each path.
 */
export async function serve(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    const request = JSON.parse(line) as LookRequest;
    const answer = request.do === 'list' ? list(request.directory) : look(request.items);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

function look(items: LookItem[]): 'done' {
  for (const [index, item] of items.entries()) {
    process.stdout.write(`+${index}\n`);
    const sight = sightOf(item);
    if (item.always || sight.copy !== 'absent' || sight.backupAt !== null)
      process.stdout.write(`+${JSON.stringify({ index, sight })}\n`);
  }
  return 'done';
}

function sightOf({ home, copy }: LookItem): Sight {
  const directory = home === null ? null : factsOf(home);
  if (directory === 'absent') return { home: directory, copy: 'absent', link: null, backupAt: null };
  // Without following what a user could have put at ~/.kube.
  const kube = home === null ? null : factsOf(`${home}/.kube`);
  if (kube !== null && typeof kube !== 'object') return { home: directory, copy: kube, link: null, backupAt: null };
  if (kube?.isDirectory === false) return { home: directory, copy: 'unknown', link: null, backupAt: null };
  const facts = factsOf(copy);
  const backup = home === null && facts === 'absent' ? 'absent' : factsOf(copy + BACKUP_SUFFIX);
  return {
    home: directory,
    copy: facts,
    link: typeof facts === 'object' && facts.isLink ? linkText(copy) : null,
    backupAt: typeof backup === 'object' && backup.isFile ? backup.modifiedAt : null,
  };
}

function factsOf(path: string): Facts | 'absent' | 'unknown' {
  try {
    const stat = lstatSync(path, { bigint: true });
    return {
      uid: Number(stat.uid),
      isDirectory: stat.isDirectory(),
      isFile: stat.isFile(),
      isLink: stat.isSymbolicLink(),
      file: `${stat.dev}:${stat.ino}`,
      stamp: [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs, stat.nlink].join(':'),
      modifiedAt: Number(stat.mtimeMs),
    };
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(errorCode(error)) ? 'absent' : 'unknown';
  }
}

function linkText(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** In /tmp anybody can make ten thousand directories that look like homes, and a check would take hours. */
function mayBeFilledByOthers(directory: string): boolean {
  const { mode, uid } = statSync(directory);
  return (mode & 0o002) !== 0 || (uid !== 0 && uid !== process.geteuid!());
}

/** More homes than this in one directory are found by the passwd database or not at all. */
const MOST = 10_000;
/** linux/magic.h. Below such a directory, a stat of a name would mount it. */
const AUTOFS = 0x0187;

function list(directory: string): string[] {
  const names: string[] = [];
  process.stdout.write('+0\n');
  try {
    if (statfsSync(directory).type === AUTOFS || mayBeFilledByOthers(directory)) return [];
    using entries = opendirSync(directory);
    for (let entry = entries.readSync(); entry !== null && names.length < MOST; entry = entries.readSync())
      if (entry.isDirectory()) names.push(entry.name);
  } catch {
    // It is not there, or root may not list it.
  }
  return names.sort();
}
