import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { CertagentError } from '../../domain/model/errors.ts';
import { readSmall } from '../../host/files.ts';
import { count, instant, list, nodePath, object, optional, readAs, type Shape, tag, text } from '../../host/shape.ts';

/** A certificate, key, kubeconfig or manifest is far smaller; anything larger has no place in a backup. */
export const BACKUP_FILE_LIMIT = 16 * 1024 * 1024;

/** What a backup holds. Paths are the node's own. */
export type BackupManifest = {
  version: 1;
  planId: string;
  createdAt: number;
  files: BackedUpFile[];
  /** Links inside of backed-up directories; a listed file that is a link is kept as its target. */
  links: { path: string; target: string }[];
  /** Listed, but not there: its absence is what a restore brings back. */
  absent: string[];
  /** Keys of CAs, which are not copied: no step writes one, so only whether they change matters. Left out by earlier versions. */
  keys?: { path: string; sha256: string }[];
};

export type BackedUpFile = {
  path: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** A restored file gets its previous time too: a process that was not restarted has loaded this content. */
  modifiedAt: number;
  sha256: string;
};

const digest = object({ path: nodePath, sha256: text });
const shape: Shape<BackupManifest> = object({
  version: tag(1),
  planId: text,
  createdAt: instant,
  files: list(
    object({ path: nodePath, mode: count, uid: count, gid: count, size: count, modifiedAt: instant, sha256: text }),
  ),
  links: list(object({ path: nodePath, target: text })),
  absent: list(nodePath),
  keys: optional(list(digest)),
});

export const MANIFEST = 'manifest.json';

/** Where a backup keeps the file of this path. */
export function placeIn(backup: string, path: string): string {
  return join(backup, 'files', path);
}

export function sha256(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The manifest of a backup in `directory` (a path of this machine). Throws CertagentError BACKUP_UNREADABLE. */
export async function readManifest(directory: string): Promise<BackupManifest> {
  try {
    const { bytes } = await readSmall(join(directory, MANIFEST), BACKUP_FILE_LIMIT);
    const reading = readAs(shape, JSON.parse(bytes.toString('utf8')));
    if (reading.fits) return reading.value;
    throw new Error('it does not have the form of version 1');
  } catch (cause) {
    throw new CertagentError('BACKUP_UNREADABLE', `the backup in ${directory} has no manifest that can be read`, {
      cause,
    });
  }
}

/** A backed-up file's content, compared with its checksum. Throws CertagentError BACKUP_DAMAGED. */
export async function readBackedUp(directory: string, file: BackedUpFile): Promise<Buffer> {
  const { bytes } = await readSmall(placeIn(directory, file.path), BACKUP_FILE_LIMIT);
  if (sha256(bytes) === file.sha256) return bytes;
  throw new CertagentError('BACKUP_DAMAGED', `the copy of ${file.path} in ${directory} is not what was written there`, {
    remedy: 'The disk may be failing: take the file from another backup.',
  });
}
