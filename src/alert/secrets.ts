import { join } from 'node:path';
import { errorCode } from '../domain/model/errors.ts';
import { readSmall } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import { foreignPart } from '../host/trust.ts';
import { SinkError } from './sink.ts';

const LIMIT = 64 * 1024;

/**
 * The content of a secret file without the line end: `reference` is the node's own path, or the name of a systemd
 * credential. It is read for every message, so a changed secret needs no reload. Throws SinkError, which names the file only.
 */
export async function readSecret(root: Root, sink: string, reference: string): Promise<string> {
  const path = reference.startsWith('/') ? reference : join(credentialsDirectory(root), reference);
  const at = await followLinks(root, path);
  const foreign = await foreignPart(at);
  if (foreign !== null) throw new SinkError(sink, `${path} is not used: ${foreign.path} ${foreign.why}`);
  let text: string;
  try {
    text = (await readSmall(at, LIMIT)).bytes.toString('utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new SinkError(sink, `${path} cannot be read (${errorCode(error)})`, {
      remedy: `Put the secret into ${path}, readable by root, or name a credential of the unit (LoadCredential=).`,
    });
  }
  if (text === '') throw new SinkError(sink, `${path} is empty`);
  // No password, address or signing secret looks like this; a key, a kubeconfig or K3s's token does, in any place.
  if (/-----BEGIN |^\s*client-key-data:|^K10[0-9a-f]{64}::/m.test(text))
    throw new SinkError(sink, `${path} holds a key of a cluster, which must not be sent anywhere`);
  return text;
}

/** systemd says where; on a node image it is where the unit's credentials would be. */
function credentialsDirectory(root: Root): string {
  const directory = root.isMachine ? process.env.CREDENTIALS_DIRECTORY : undefined;
  return directory ?? '/run/credentials/certagent.service';
}
