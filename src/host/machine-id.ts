import { createHmac } from 'node:crypto';
import { readTextIfThere } from './files.ts';
import { followLinks } from './links.ts';
import type { Root } from './root.ts';

const FILE = '/etc/machine-id';

/**
 * A name of this installation that stays the same when its hostname changes, 32 hexadecimal digits; null where there is no
 * machine-id yet. machine-id(5) asks programs to publish a keyed hash of it and never the id itself.
 */
export async function machineHash(root: Root): Promise<string | null> {
  const text = await followLinks(root, FILE)
    .then(readTextIfThere)
    .catch(() => null);
  const id = text?.trim() ?? '';
  // "uninitialized", or empty: systemd writes the id at the first boot.
  if (!/^[0-9a-f]{32}$/.test(id) || /^0+$/.test(id)) return null;
  return createHmac('sha256', Buffer.from(id, 'hex')).update('certagent').digest('hex').slice(0, 32);
}
