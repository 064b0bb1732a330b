import { unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertagentError, errorCode, explain } from '../domain/model/errors.ts';
import { writeAtomic } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import { foreignPart } from '../host/trust.ts';

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
      await unlink(await followLinks(root, before)).catch(() => {});
    },
  };
}

/**
 * Whole or not at all, readable by everyone. Throws CertagentError TEXTFILE_UNTRUSTED where others than root could lead the
 * write elsewhere, or the operating system's error.
 */
async function writeTextfile(root: Root, path: string, metrics: string): Promise<void> {
  const target = await followLinks(root, path);
  const found = await foreignPart(dirname(target));
  if (found !== null)
    throw new CertagentError('TEXTFILE_UNTRUSTED', `${found.path} ${found.why}`, {
      remedy: `Use a directory that root alone can change: chown root: ${found.path}; chmod go-w ${found.path}`,
    });
  await writeAtomic(target, metrics, { mode: 0o644 });
}
