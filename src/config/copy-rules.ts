import { type CertificateCopy, holdsPrivateKey, modeOf } from './copy-keys.ts';
import type { KeyPath } from './toml.ts';

/** Keys of [[copies.certificates]] that need one another, or contradict one another. */
export function certificateCopyRules(copies: CertificateCopy[]): { path: KeyPath; message: string }[] {
  const seen = new Set<string>();
  return copies.flatMap((copy, index) => {
    const found: { path: KeyPath; message: string }[] = [];
    const add = (key: string, message: string) => found.push({ path: ['copies', 'certificates', index, key], message });
    const { format, key_to, to, served } = copy;
    if (key_to !== undefined && format !== 'pem' && format !== 'fullchain')
      add('key_to', 'needs the format pem or fullchain: the other formats hold the key already');
    for (const [key, path] of [
      ['to', to],
      ['key_to', key_to],
    ] as const) {
      if (path === undefined) continue;
      if (!isPlain(path)) add(key, 'must be written without "..", "." and double slashes, and name a file');
      if (seen.has(path)) add(key, 'is already the file of another copy');
      seen.add(path);
    }
    const mode = modeOf(copy);
    if (holdsPrivateKey(copy) ? (mode & 0o037) !== 0 : (mode & 0o022) !== 0)
      add(
        'mode',
        holdsPrivateKey(copy)
          ? 'gives others access to a private key: at most "0640"'
          : 'lets others write: at most "0755"',
      );
    if (served !== undefined && !isPort(served)) add('served', 'has a port that does not exist');
    if (served !== undefined && format === 'key') add('served', 'needs a format with the certificate');
    return found;
  });
}

function isPlain(path: string): boolean {
  const [first, ...steps] = path.split('/');
  return first === '' && !path.includes('\0') && steps.every((step) => step !== '' && step !== '.' && step !== '..');
}

function isPort(address: string): boolean {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  return port > 0 && port < 65_536;
}
