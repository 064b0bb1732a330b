import { constants } from 'node:fs';
import { access, chmod, type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import type { JournalRecord } from '../../domain/model/journal.ts';
import { diskError, removeTemporaries, syncDirectory, writeAtomic } from '../../host/files.ts';
import { followLinks } from '../../host/links.ts';
import { type Root, STATE_DIR } from '../../host/root.ts';
import { lineOf, recordOf } from './journal-record.ts';

export const JOURNAL_FILE = `${STATE_DIR}/journal.jsonl`;

/**
 * What certagent was about to do and what it did, oldest first. `append` returns when the record would survive a power
 * loss; it throws what `diskError` makes of the operating system's error, after which the file ends with the previous record.
 */
export type Journal = {
  append(record: JournalRecord): Promise<void>;
  records(): Promise<JournalRecord[]>;
  close(): Promise<void>;
};

/**
 * Opens the journal of the node, or creates it (directory 0700, file 0600). A last line that a power loss
 * tore (no newline, or not JSON) never came to be: it is passed over, and cut off before the next record. A record of another
 * version is kept (`UnknownRecord`). Throws CertagentError JOURNAL_UNREADABLE, with file and line, for every other line that
 * is not a record.
 */
export async function openJournal(root: Root): Promise<Journal> {
  const path = await followLinks(root, JOURNAL_FILE);
  await makeStateDirectory(dirname(path));
  // Of a certagent that was killed while it wrote its state; this one has not begun to.
  await removeTemporaries(dirname(path));
  const isNew = !(await exists(path));
  let file = await open(path, FLAGS, 0o600);
  try {
    await file.chmod(0o600);
    if (isNew) {
      await file.sync();
      await syncDirectory(dirname(path));
    }
    let end = read(await contentOf(file), path).end;
    /** Somebody has removed the file, or put another one in its place: what is written to ours, nobody would ever read. */
    const followPath = async (): Promise<void> => {
      const [ours, there] = await Promise.all([file.stat(), stat(path).catch(() => null)]);
      if (ours.ino === there?.ino && ours.dev === there.dev) {
        // Cut short by somebody: to lengthen it to where it ended would fill it with zeros.
        if (ours.size < end) end = read(await contentOf(file), path).end;
        return;
      }
      if (there === null) {
        const whole = (await contentOf(file)).subarray(0, end);
        await makeStateDirectory(dirname(path));
        await writeAtomic(path, whole, { mode: 0o600 });
      }
      const next = await open(path, FLAGS, 0o600);
      try {
        await next.chmod(0o600);
        end = read(await contentOf(next), path).end;
      } catch (error) {
        await next.close();
        throw error;
      }
      await file.close();
      file = next;
    };
    return {
      append: async (record) => {
        await followPath();
        const line = Buffer.from(lineOf(record));
        try {
          if ((await file.stat()).size !== end) await file.truncate(end);
          await file.appendFile(line);
          await file.sync();
          end += line.length;
        } catch (error) {
          // A full disk takes a part of the line: without this the next record would be glued to it.
          await file.truncate(end).catch(() => {});
          throw diskError(path, error);
        }
      },
      records: async () => {
        await followPath();
        return read(await contentOf(file), path).records;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;

/**
 * The journal of a node where nothing is to change: nothing is made, and no journal is an empty one. `append` throws
 * CertagentError JOURNAL_READ_ONLY.
 */
export async function readJournal(root: Root): Promise<Journal> {
  const path = await followLinks(root, JOURNAL_FILE);
  return {
    append: async () => {
      throw new CertagentError('JOURNAL_READ_ONLY', `${path} is only read here`);
    },
    records: async () => read(await contentIfThere(path), path).records,
    close: async () => {},
  };
}

async function contentIfThere(path: string): Promise<Buffer> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await contentOf(file).finally(() => file.close());
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return Buffer.alloc(0);
    throw error;
  }
}

/** The records, and the offset behind the last whole one. */
function read(content: Buffer, path: string): { records: JournalRecord[]; end: number } {
  const records: JournalRecord[] = [];
  let end = 0;
  /** Of the plan that the lines are about. */
  let steps = Number.POSITIVE_INFINITY;
  for (let start = 0, line = 1; start < content.length; line += 1) {
    const newline = content.indexOf(0x0a, start);
    // Its newline is a record's last byte: without it the record never came to be.
    if (newline === -1) break;
    const next = newline + 1;
    const record = recordOf(content.toString('utf8', start, newline));
    if (record === 'not-json' && next === content.length) break;
    if (typeof record === 'string') throw unreadable(path, line);
    if (record.type === 'plan-started') steps = record.plan.steps.length;
    if (record.type === 'unknown' && record.recordType === 'plan-started') steps = Number.POSITIVE_INFINITY;
    if ('step' in record && record.step >= steps) throw unreadable(path, line);
    records.push(record);
    end = next;
    start = next;
  }
  return { records, end };
}

function unreadable(path: string, line: number): CertagentError {
  return new CertagentError('JOURNAL_UNREADABLE', `${path} line ${line} is not a journal record`, {
    remedy: `Remove that line, or move the file away: then certagent does not finish an unfinished renewal, so compare the certificates with the newest backup under ${STATE_DIR}/backups first.`,
  });
}

/** Thousands of renewals. A file system that was repaired can have made it as large as it likes. */
const LARGEST = 256 * 1024 * 1024;

function tooLarge(size: number): CertagentError {
  return new CertagentError('JOURNAL_UNREADABLE', `${JOURNAL_FILE} has ${size} bytes, far more than any journal`, {
    remedy: `Move the file away, and compare the certificates with the newest backup under ${STATE_DIR}/backups.`,
  });
}

/** Read by position: the handle appends, so its own position says nothing. */
async function contentOf(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  if (size > LARGEST) throw tooLarge(size);
  const content = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const { bytesRead } = await file.read(content, filled, size - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return content.subarray(0, filled);
}

async function makeStateDirectory(directory: string): Promise<void> {
  const made = await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  if (made === undefined) return;
  // Every directory that was made is a new name in its parent.
  for (let at = directory; at.length >= made.length; at = dirname(at)) await syncDirectory(dirname(at));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
