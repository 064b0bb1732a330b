import { constants } from 'node:fs';
import { access, readlink, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertagentError } from '../../domain/model/errors.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';

/** The file that a link leads to, in an image within it: a rename onto the link would put a file in its place. */
export async function throughLink(root: Root, path: string): Promise<string> {
  return root.isMachine ? realpath(path).catch(() => path) : followLinks(root, path);
}

/**
 * The path of this machine whose content a manifest has: its own, or that of the file it links to (a checkout of what the
 * operator keeps in Git). Throws CertagentError MANIFEST_LINK when that file could not be replaced.
 */
export async function fileOfManifest(root: Root, manifest: string): Promise<string> {
  const at = root.at(manifest);
  if ((await readlink(at).catch(() => null)) === null) return at;
  try {
    const real = await throughLink(root, manifest);
    await access(dirname(real), constants.W_OK);
    return real;
  } catch (cause) {
    throw new CertagentError(
      'MANIFEST_LINK',
      `the manifest ${manifest} is a symbolic link, and the file that it leads to cannot be replaced`,
      {
        cause,
        remedy: 'Let it lead to a file in a writable directory, or set renew.cycle = "move".',
      },
    );
  }
}
