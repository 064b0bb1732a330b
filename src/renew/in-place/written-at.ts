import { stat } from 'node:fs/promises';
import type { Instant } from '../../domain/model/certificate.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';

/** When the newest of these files was written: since then the node's clients have had the time to load them. */
export async function writtenAt(root: Root, paths: string[]): Promise<Instant> {
  const times = paths.map(async (path) => (await stat(await followLinks(root, path))).mtimeMs);
  return Math.max(0, ...(await Promise.all(times)));
}
