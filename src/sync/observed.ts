import type { ObservedCertificate } from '../domain/model/inventory.ts';
import { short } from '../domain/text/printable.ts';
import type { CopyFile, SeenCertificate } from './messages.ts';

/** The certificates of a copy as the inventory has them. The first has the copy's path as its id. */
export function observedIn(path: string, certificates: SeenCertificate[], file: CopyFile): ObservedCertificate[] {
  const { mode } = file;
  return certificates.map(({ user, certificate, key, caNotAfter }, index) => {
    // The name is the user's own and may be anything; the number keeps ids apart where only its beginning is shown.
    const name = short(user, NAME_LIMIT);
    const suffix = name === user ? `/user/${name}` : `/user/${name}~${index}`;
    return {
      id: index === 0 ? path : path + suffix,
      certificate,
      place: { kind: 'kubeconfig', path, entry: 'user', name, index: 0 },
      owner: 'copy',
      // The mode of the file alone: the directories above it are not checked.
      key: { state: key, path, mode, readableByOthers: (mode & 0o044) !== 0 },
      // What the CA is called in the inventory is not known here.
      issuance: { ca: null, state: 'signed', caNotAfter },
      file,
      component: null,
    };
  });
}

const NAME_LIMIT = 100;
