import { CertagentError } from '../../domain/model/errors.ts';
import type { UserMemory, UserRequest } from '../../domain/model/user-certificate.ts';
import { readTextIfThere } from '../../host/files.ts';
import { parsedJson } from '../../host/json.ts';
import { followLinks } from '../../host/links.ts';
import { type Root, STATE_DIR } from '../../host/root.ts';
import {
  count,
  flag,
  instant,
  list,
  nodePath,
  object,
  orNull,
  readAs,
  type Shape,
  tag,
  text,
} from '../../host/shape.ts';
import { writeState } from '../../host/state-file.ts';

/** With the private keys of requests that wait: root alone reads it, and each change replaces it whole. */
const FILE = `${STATE_DIR}/users.json`;

const request: Shape<UserRequest> = object({
  kubeconfig: nodePath,
  user: text,
  groups: list(text),
  expires: count,
  approve: flag,
  name: text,
  createdAt: instant,
  publicKey: text,
  key: text,
  csr: text,
  replaces: orNull(text),
  postedAt: orNull(instant),
  approved: flag,
  certificate: orNull(text),
});

const stored: Shape<{ version: 1; users: UserMemory[] }> = object({
  version: tag(1),
  users: list(
    object({
      kubeconfig: nodePath,
      user: text,
      known: orNull(object({ fingerprint: text, notAfter: instant })),
      gone: flag,
      request: orNull(request),
      failures: count,
      failedAt: orNull(instant),
      error: orNull(text),
      denied: orNull(text),
    }),
  ),
});

/**
 * What root remembers of users' certificates. Throws CertagentError COPY_MEMORY when it cannot be read: to ignore it would renew access that was
 * taken away.
 */
export async function loadUserMemory(root: Root): Promise<UserMemory[]> {
  const content = await followLinks(root, FILE)
    .then((path) => readTextIfThere(path))
    .catch((error) => {
      throw unusable('cannot be read', error);
    });
  if (content === null) return [];
  const reading = readAs(stored, parsedJson(content));
  if (!reading.fits) throw unusable('is damaged, or was written by another version of certagent');
  return reading.value.users;
}

/** Written only when something changed: most checks change nothing. */
export async function saveUserMemory(root: Root, before: UserMemory[], after: UserMemory[]): Promise<void> {
  if (JSON.stringify(before) !== JSON.stringify(after)) await writeState(root, FILE, { version: 1, users: after });
}

function unusable(what: string, cause?: unknown): CertagentError {
  return new CertagentError('COPY_MEMORY', `${FILE}, where certagent remembers users' certificates, ${what}`, {
    ...(cause === undefined ? {} : { cause }),
    remedy:
      'No certificate is requested. Restore the file, or remove it: then the certificates in the configured files count.',
  });
}
