import { createPublicKey, hash, KeyObject, webcrypto } from 'node:crypto';
import { parseCertificate, privateKeyOf } from './x509.ts';
import { loadX509, type X509Package } from './x509-package.ts';

/** PEM of a request and of its new private key, which is never shown. `publicKey`: SHA-256 of the SubjectPublicKeyInfo. */
export type NewRequest = { csr: string; key: string; publicKey: string; keyType: string };

/** What the successor is to have: none of the names, or only these usages; and names in addition, such as "DNS:lb.example.org". */
type Wanted = { sans: string[]; usages: string[]; added: string[] };

/**
 * A request (PKCS #10) for a successor of a certificate: the same subject, names and usages, byte for byte unless they change, and a new
 * key of the same kind.
 */
export async function requestLike(certificatePem: string, keyType: string, wanted?: Wanted): Promise<NewRequest> {
  const x509 = await loadX509();
  const previous = new x509.X509Certificate(certificatePem);
  const extensions = previous.extensions
    .flatMap((extension) => extensionFor(extension, x509, wanted))
    .concat(newNames(x509, previous, wanted));
  return newRequest(keyType, { name: previous.subjectName, extensions });
}

/** A request for the certificate of a user with these groups, in the order in which Go writes a name. */
export function requestForUser(user: string, groups: string[], keyType: string): Promise<NewRequest> {
  return newRequest(keyType, { name: [...groups.map((group) => ({ O: [group] })), { CN: [user] }] });
}

type Asked = Pick<Parameters<X509Package['Pkcs10CertificateRequestGenerator']['create']>[0], 'name' | 'extensions'>;

async function newRequest(keyType: string, asked: Asked): Promise<NewRequest> {
  const x509 = await loadX509();
  const { generate, sign, type, name } = algorithmOf(keyType);
  const keys = (await webcrypto.subtle.generateKey(generate, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ ...asked, keys, signingAlgorithm: sign });
  const key = KeyObject.from(keys.privateKey);
  return {
    csr: `${request.toString('pem')}\n`,
    key: key.export({ type, format: 'pem' }).toString(),
    publicKey: hash('sha256', createPublicKey(key).export({ type: 'spki', format: 'der' })),
    keyType: name,
  };
}

/**
 * A request for a successor of a certificate with the key that it has (PEM), in DER: whoever signs it may take nothing of it but the
 * key. The key stays in memory.
 */
export async function requestFor(certificatePem: string, keyPem: string): Promise<Buffer> {
  const x509 = await loadX509();
  const { generate, sign } = algorithmOf(parseCertificate(certificatePem).keyType);
  const privateKey = privateKeyOf(keyPem);
  const keys = {
    privateKey: privateKey.toCryptoKey(generate, true, ['sign']),
    publicKey: createPublicKey(privateKey).toCryptoKey(generate, true, ['verify']),
  };
  const { subjectName } = new x509.X509Certificate(certificatePem);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subjectName,
    // Node's type of a pair differs from that of the package in name only.
    keys: keys as webcrypto.CryptoKeyPair,
    signingAlgorithm: sign,
  });
  return Buffer.from(request.rawData);
}

type Names = InstanceType<X509Package['SubjectAlternativeNameExtension']>;
type Extension = InstanceType<X509Package['Extension']>;

function extensionFor(extension: Extension, x509: X509Package, wanted: Wanted | undefined): Extension[] {
  if (!TAKEN_OVER.includes(extension.type)) return [];
  if (wanted === undefined) return [extension];
  if (extension.type === SAN) return wanted.sans.length === 0 || wanted.added.length > 0 ? [] : [extension];
  if (!(extension instanceof x509.ExtendedKeyUsageExtension)) return [extension];
  const kept = extension.usages.filter((usage) =>
    wanted.usages.some((name) => USAGES[name] === usage || name === usage),
  );
  if (kept.length === extension.usages.length) return [extension];
  return [new x509.ExtendedKeyUsageExtension(kept, extension.critical)];
}

const USAGES: Record<string, string> = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' };

/** The names of the certificate, and those that are added. */
function newNames(
  { SubjectAlternativeNameExtension }: X509Package,
  previous: InstanceType<X509Package['X509Certificate']>,
  wanted: Wanted | undefined,
): Names[] {
  const added = wanted?.added ?? [];
  if (added.length === 0) return [];
  const present = previous.getExtension(SubjectAlternativeNameExtension);
  const more = added.map((san) => ({
    type: san.startsWith('IP:') ? ('ip' as const) : ('dns' as const),
    value: san.slice(san.indexOf(':') + 1).toLowerCase(),
  }));
  const critical = present?.critical ?? false;
  return [new SubjectAlternativeNameExtension([...(present?.names.toJSON() ?? []), ...more], critical)];
}

const SAN = '2.5.29.17';

/** Key usage, subject alternative names, extended key usage: the rest is the CA's to decide. */
const TAKEN_OVER = ['2.5.29.15', '2.5.29.17', '2.5.29.37'];

type KeyAlgorithm = {
  name: string;
  generate: webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams | webcrypto.Algorithm;
  sign: webcrypto.Algorithm & { hash?: string };
  /** The form in which Kubernetes' own tools write such a key. */
  type: 'pkcs1' | 'sec1' | 'pkcs8';
};

const HASHES: Record<string, string> = { 'P-256': 'SHA-256', 'P-384': 'SHA-384', 'P-521': 'SHA-512' };
const RSA_LEAST = 2048;

/** Of a kind that WebCrypto cannot make, or that is too weak by now, it is RSA 2048, kubeadm's default. */
function algorithmOf(keyType: string): KeyAlgorithm {
  const [kind = '', size = ''] = keyType.split(' ');
  const curveHash = HASHES[size];
  if (kind === 'EC' && curveHash !== undefined) {
    const algorithm = { name: 'ECDSA', namedCurve: size };
    return { name: keyType, generate: algorithm, sign: { name: 'ECDSA', hash: curveHash }, type: 'sec1' };
  }
  if (kind === 'Ed25519')
    return { name: keyType, generate: { name: 'Ed25519' }, sign: { name: 'Ed25519' }, type: 'pkcs8' };
  const modulusLength = kind === 'RSA' ? Math.max(RSA_LEAST, Number(size) || 0) : RSA_LEAST;
  const name = 'RSASSA-PKCS1-v1_5';
  const publicExponent = new Uint8Array([1, 0, 1]);
  return {
    name: `RSA ${modulusLength}`,
    generate: { name, modulusLength, publicExponent, hash: 'SHA-256' },
    sign: { name, hash: 'SHA-256' },
    type: 'pkcs1',
  };
}
