import { join } from 'node:path';
import { errorCode } from '../domain/model/errors.ts';
import { readSmall } from '../host/files.ts';
import type { Root } from '../host/root.ts';
import { SinkError } from './sink.ts';

const LIMIT = 64 * 1024;

/**
 * The content of a secret file without the line end: `reference` is the node's own path, or the name of a systemd
 * credential. It is read for every message, so a changed secret needs no reload. Throws SinkError, which names the file only.
 */
export async function readSecret(root: Root, sink: string, reference: string): Promise<string> {
  const path = reference.startsWith('/') ? reference : join(credentialsDirectory(root), reference);
  let text: string;
  try {
    text = (await readSmall(root.at(path), LIMIT)).bytes.toString('utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new SinkError(sink, `${path} cannot be read (${errorCode(error)})`, {
      remedy: `Put the secret into ${path}, readable by root, or name a credential of the unit (LoadCredential=).`,
    });
  }
  if (text === '') throw new SinkError(sink, `${path} is empty`);
  return text;
}

/** systemd says where; on a node image it is where the unit's credentials would be. */
function credentialsDirectory(root: Root): string {
  const directory = root.isMachine ? process.env.CREDENTIALS_DIRECTORY : undefined;
  return directory ?? '/run/credentials/certagent.service';
}
