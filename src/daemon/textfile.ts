import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { CertagentError, errorCode, explain } from '../domain/model/errors.ts';
import { O_PATH, writeAtomic } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import { foreignPart, othersMayWrite } from '../host/trust.ts';

/** The file that node_exporter's textfile collector reads. It never holds up a check: what fails is logged. */
export type Textfile = {
  /** Writes what `metrics` gives to `path`, if there is one. */
  write(path: string | undefined, metrics: () => Promise<string>): Promise<void>;
  /** The configuration names another path now: node_exporter would go on with the previous file for ever. */
  moved(before: string | undefined, after: string | undefined): Promise<void>;
};

export function makeTextfile(root: Root, log: Log): Textfile {
  /** The last failure, so that it is logged once and not at each check. */
  let failure: string | null = null;
  return {
    async write(path, metrics) {
      if (path === undefined) return;
      try {
        await writeTextfile(root, path, await metrics());
        failure = null;
      } catch (error) {
        const text = explain(error);
        if (text !== failure) log.error({ code: errorCode(error) }, `metrics.textfile is not written: ${text}`);
        failure = text;
      }
    },
    async moved(before, after) {
      if (before === undefined || before === after) return;
      await inItsDirectory(root, before, unlink).catch(() => {});
    },
  };
}

/** Why a metrics.textfile would not be written: others could lead it elsewhere; null: nothing is known against it. */
export async function textfileRefusal(root: Root, path: string): Promise<string | null> {
  return inItsDirectory(root, path, async () => {}).then(
    () => null,
    (error) => (errorCode(error) === 'TEXTFILE_UNTRUSTED' ? explain(error) : null),
  );
}

/** Whole or not at all, readable by everyone. Throws CertagentError TEXTFILE_UNTRUSTED, or the operating system's error. */
async function writeTextfile(root: Root, path: string, metrics: string): Promise<void> {
  await inItsDirectory(root, path, (target) => writeAtomic(target, metrics, { mode: 0o644 }));
}

/**
 * Calls `act` with a path of this machine that others cannot lead elsewhere. Debian's /var/lib/prometheus belongs to the user
 * prometheus, who could put a link in the place of a directory in it: such a path is entered without following links, and the file is
 * named through the open directory. Throws CertagentError TEXTFILE_UNTRUSTED.
 */
async function inItsDirectory(root: Root, path: string, act: (target: string) => Promise<void>): Promise<void> {
  const target = await followLinks(root, path);
  if ((await foreignPart(dirname(target))) === null) return act(target);
  const directory = await enter(dirname(target));
  try {
    await act(`${bound(directory)}/${basename(target)}`);
  } finally {
    await directory.close();
  }
}

const ENTER = O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW;

async function enter(path: string): Promise<FileHandle> {
  let at = await open('/', ENTER);
  let reached = '';
  try {
    for (const step of path.split('/').filter((name) => name !== '')) {
      const next = await open(`${bound(at)}/${step}`, ENTER).catch((error) => Promise.reject(unlessLink(path, error)));
      await at.close();
      at = next;
      reached = `${reached}/${step}`;
      if (othersMayWrite(await at.stat())) throw untrusted(reached, 'can be written by others');
    }
    return at;
  } catch (error) {
    await at.close();
    throw error;
  }
}

const bound = ({ fd }: FileHandle): string => `/proc/self/fd/${fd}`;

function unlessLink(path: string, error: unknown): unknown {
  return ['ELOOP', 'ENOTDIR'].includes(errorCode(error))
    ? untrusted(path, 'belongs to another user and is reached through a link')
    : error;
}

function untrusted(path: string, why: string): CertagentError {
  return new CertagentError('TEXTFILE_UNTRUSTED', `${path} ${why}`, {
    remedy: `Use a directory that only its owner can change, by its path without links: chmod go-w ${path}`,
  });
}
