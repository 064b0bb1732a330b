import type { Certificate } from '../domain/model/certificate.ts';
import { CertagentError } from '../domain/model/errors.ts';
import { isDynamicCert, parseDynamicCert } from './dynamic-cert.ts';
import { readSmall } from './files.ts';
import { currentEntries, type Kubeconfig, type KubeconfigUser, parseIfKubeconfig } from './kubeconfig.ts';
import { followLinks } from './links.ts';
import { certificateTexts, privateKeyText, readPem } from './pem.ts';
import type { Root } from './root.ts';
import { parseCertificate } from './x509.ts';

/** A leaf certificate, and those that follow it: intermediate CAs, or a CA (PEM). */
export type Leaf = { certificate: Certificate; pem: string; others: string[] };

/**
 * The leaf of a PEM file, of `dynamic-cert.json` or of a kubeconfig's user. Throws CertagentError BAD_CERTIFICATE or
 * BAD_KUBECONFIG naming the file, or the operating system's error.
 */
export async function readLeaf(root: Root, path: string): Promise<Leaf> {
  const [pem, ...others] = certificateTexts(await textWith(root, path, 'certificate'));
  if (pem === undefined) throw new CertagentError('BAD_CERTIFICATE', `${path} holds no certificate`);
  try {
    return { certificate: parseCertificate(pem), pem, others };
  } catch (cause) {
    throw new CertagentError('BAD_CERTIFICATE', `${path} holds a certificate that cannot be read`, { cause });
  }
}

/** The private key of such a file as PEM; never to be shown. Throws CertagentError BAD_KEY naming the file. */
export async function readKey(root: Root, path: string): Promise<string> {
  const pem = privateKeyText(await textWith(root, path, 'key'));
  if (pem === null) throw new CertagentError('BAD_KEY', `${path} holds no private key`);
  return pem;
}

/** PEM text with the certificate or the key of such a file. Read afresh each time: nothing that was seen earlier verifies a renewal. */
export async function textWith(root: Root, path: string, what: 'certificate' | 'key'): Promise<string> {
  const bytes = await read(root, path);
  const text = bytes.toString('latin1');
  const pem = readPem(text);
  if (pem.blocks.length > 0 || pem.damage !== null) return text;
  if (isDynamicCert(bytes.toString('utf8'))) return secretEntry(bytes.toString('utf8'), path)[what];
  const user = userOf(bytes, path);
  if (user === null) return text;
  const file = what === 'key' ? user.keyFile : user.certificateFile;
  if (user[what] !== null || file === null) return user[what] ?? '';
  return (await read(root, file)).toString('latin1');
}

async function read(root: Root, path: string): Promise<Buffer> {
  return (await readSmall(await followLinks(root, path))).bytes;
}

function secretEntry(text: string, path: string): { certificate: string; key: string } {
  const secret = parseDynamicCert(text);
  if ('refused' in secret) throw new CertagentError('BAD_CERTIFICATE', `${path} ${secret.refused}`);
  return secret;
}

/** The user of the current context; null when the file is not a kubeconfig at all. */
function userOf(bytes: Buffer, path: string): KubeconfigUser | null {
  let config: Kubeconfig | null;
  try {
    config = parseIfKubeconfig(bytes);
  } catch (cause) {
    throw new CertagentError('BAD_KUBECONFIG', `${path} holds neither PEM nor a kubeconfig that can be read`, {
      cause,
    });
  }
  if (config === null) return null;
  const entries = currentEntries(config);
  if (entries === null) throw new CertagentError('BAD_KUBECONFIG', `${path} has no user in its current context`);
  return entries.user;
}
