// A CA of `openssl` with odd habits, and certificates through intermediate CAs.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Odd = { digest?: string; serial?: string; extensions?: string[] };
export type OddCa = {
  pem: string;
  /** An intermediate CA of this one. */
  below(name: string, extensions?: string[]): OddCa;
  leaf(odd?: Odd): string;
  /** The same key and the same name, written in other letters. */
  otherwise(name: string): OddCa;
};

export function makeOddCas(): { root(name: string, extensions?: string[]): OddCa; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'certagent-odd-'));
  let count = 0;
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: directory, stdio: 'pipe' });
  const newFile = (content = '') => {
    count += 1;
    writeFileSync(join(directory, String(count)), content);
    return join(directory, String(count));
  };
  const newKey = (): string => {
    const path = newFile();
    openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', path);
    return path;
  };
  const read = (path: string) => readFileSync(path, 'utf8');

  function signed(by: { key: string; crt: string }, key: string, subject: string, odd: Odd): string {
    const [request, crt] = [newFile(), newFile()];
    openssl('req', '-new', '-key', key, '-subj', subject, '-out', request);
    const extensions = newFile((odd.extensions ?? []).join('\n'));
    const serial = odd.serial === undefined ? [] : ['-set_serial', odd.serial];
    const words = ['-CA', by.crt, '-CAkey', by.key, '-days', '365', `-${odd.digest ?? 'sha256'}`, ...serial];
    openssl('x509', '-req', '-in', request, ...words, '-extfile', extensions, '-out', crt);
    return crt;
  }

  function ca(key: string, crt: string): OddCa {
    return {
      pem: read(crt),
      below: (name, extensions = []) => {
        const own = newKey();
        return ca(own, signed({ key, crt }, own, `/CN=${name}`, { extensions: [...CA, ...extensions] }));
      },
      leaf: (odd = {}) =>
        read(signed({ key, crt }, newKey(), '/CN=leaf', { ...odd, extensions: [...LEAF, ...(odd.extensions ?? [])] })),
      otherwise: (name) => ca(key, selfSigned(key, name, [])),
    };
  }

  function selfSigned(key: string, name: string, extensions: string[]): string {
    const crt = newFile();
    const more = extensions.flatMap((one) => ['-addext', one]);
    openssl('req', '-x509', '-new', '-key', key, '-subj', `/CN=${name}`, '-days', '3650', '-out', crt, ...more);
    return crt;
  }

  return {
    root: (name, extensions = []) => {
      const key = newKey();
      return ca(key, selfSigned(key, name, extensions));
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

const CA = ['keyUsage=critical,keyCertSign'];
const LEAF = ['basicConstraints=critical,CA:FALSE', 'extendedKeyUsage=serverAuth'];
