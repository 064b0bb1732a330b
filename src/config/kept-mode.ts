import { errorCode } from '../domain/model/errors.ts';
import { readTextIfThere } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { writeState } from '../host/state-file.ts';
import { readNodeConfig } from './node-config.ts';
import type { Config } from './schema.ts';

export type Mode = Config['mode'];

/** `modeMissing`: the configuration does not set `mode`, and certagent goes on observing because it did before. */
export type KeptConfig = { config: Config; modeMissing: boolean };

const FILE = `${STATE_DIR}/mode.json`;
const VERSION = 1;

/**
 * As `loadNodeConfig`, but where the key `mode` is gone, a certagent that observed goes on observing: a template without
 * the key, or a deleted file, must not begin to change a node that somebody only wanted to watch. `running`: the mode of
 * the process that asks, if it has one already.
 */
export async function loadKeepingMode(root: Root, file: string, running?: Mode): Promise<KeptConfig> {
  const { config, setsMode } = await readNodeConfig(root, file);
  const modeMissing = !setsMode && (running ?? (await lastMode(root))) === 'observe';
  return modeMissing ? { config: { ...config, mode: 'observe' }, modeMissing } : { config, modeMissing };
}

/** For the next start. Writes nothing where it is known already. */
export async function rememberMode(root: Root, mode: Mode): Promise<void> {
  if ((await recorded(root)) !== mode) await writeState(root, FILE, { version: VERSION, mode });
}

/** null: nothing was ever recorded. A record that cannot be read counts as "observe", which harms nothing. */
async function lastMode(root: Root): Promise<Mode | null> {
  const mode = await recorded(root);
  return mode === 'unreadable' ? 'observe' : mode;
}

async function recorded(root: Root): Promise<Mode | 'unreadable' | null> {
  try {
    const text = await readTextIfThere(await followLinks(root, FILE));
    if (text === null) return null;
    const { mode } = JSON.parse(text) as { mode?: unknown };
    return mode === 'renew' || mode === 'observe' ? mode : 'unreadable';
  } catch (error) {
    // Another user than root, who asks what the configuration is worth, need not know.
    return ['EACCES', 'EPERM'].includes(errorCode(error)) ? null : 'unreadable';
  }
}
