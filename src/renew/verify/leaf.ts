import type { Certificate } from '../../domain/model/certificate.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import { readSmall } from '../../host/files.ts';
import { currentEntries, parseKubeconfig } from '../../host/kubeconfig.ts';
import type { Root } from '../../host/root.ts';
import { parseCertificate, splitPem } from '../../host/x509.ts';

/** A leaf certificate and the private key kept with it (PEM); the key stays in memory. */
export type Leaf = { certificate: Certificate; pem: string };

/**
 * The leaf of a PEM file, of `dynamic-cert.json` or of a kubeconfig's user. Throws CertagentError BAD_CERTIFICATE or
 * BAD_KUBECONFIG naming the file, or the operating system's error.
 */
export async function readLeaf(root: Root, path: string): Promise<Leaf> {
  const pem = splitPem(await certificateText(root, path)).certificates[0];
  if (pem === undefined) throw new CertagentError('BAD_CERTIFICATE', `${path} holds no certificate`);
  try {
    return { certificate: parseCertificate(pem), pem };
  } catch (cause) {
    throw new CertagentError('BAD_CERTIFICATE', `${path} holds a certificate that cannot be read`, { cause });
  }
}

/** The private key of such a file as PEM; never to be shown. Throws CertagentError BAD_KEY naming the file. */
export async function readKey(root: Root, path: string): Promise<string> {
  const text = await keyText(root, path);
  const pem = splitPem(text).keys.find((block) => !block.includes('EC PARAMETERS'));
  if (pem === undefined) throw new CertagentError('BAD_KEY', `${path} holds no private key`);
  return pem;
}

async function certificateText(root: Root, path: string): Promise<string> {
  const text = await read(root, path);
  switch (formOf(text)) {
    case 'json':
      return secretEntry(text, path, 'tls.crt');
    case 'kubeconfig': {
      const user = userOf(text, path);
      if (user.certificate !== null) return user.certificate;
      return user.certificateFile === null ? '' : read(root, user.certificateFile);
    }
    case 'pem':
      return text;
  }
}

async function keyText(root: Root, path: string): Promise<string> {
  const text = await read(root, path);
  switch (formOf(text)) {
    case 'json':
      return secretEntry(text, path, 'tls.key');
    case 'kubeconfig': {
      const user = userOf(text, path);
      if (user.key !== null) return user.key;
      return user.keyFile === null ? '' : read(root, user.keyFile);
    }
    case 'pem':
      return text;
  }
}

function formOf(text: string): 'json' | 'kubeconfig' | 'pem' {
  if (text.trimStart().startsWith('{')) return 'json';
  return /^kind:\s*["']?Config\b/m.test(text) ? 'kubeconfig' : 'pem';
}

async function read(root: Root, path: string): Promise<string> {
  return (await readSmall(root.at(path))).bytes.toString('utf8');
}

/** dynamic-cert.json is a Kubernetes secret of type kubernetes.io/tls as JSON. */
function secretEntry(text: string, path: string, entry: 'tls.crt' | 'tls.key'): string {
  try {
    const value = (JSON.parse(text) as { data?: Record<string, unknown> } | null)?.data?.[entry];
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
  } catch {
    // The parser's message would quote the content.
    throw new CertagentError('BAD_CERTIFICATE', `${path} is not valid JSON`);
  }
}

function userOf(text: string, path: string) {
  let entries: ReturnType<typeof currentEntries>;
  try {
    entries = currentEntries(parseKubeconfig(text));
  } catch (cause) {
    throw new CertagentError('BAD_KUBECONFIG', `${path} cannot be read as a kubeconfig`, { cause });
  }
  if (entries === null) throw new CertagentError('BAD_KUBECONFIG', `${path} has no user in its current context`);
  return entries.user;
}
