import { createPublicKey, hash, KeyObject, webcrypto } from 'node:crypto';
import { loadX509, type X509Package } from './x509-package.ts';

/** PEM of a request and of its new private key, which is never shown. `publicKey`: SHA-256 of the SubjectPublicKeyInfo. */
export type NewRequest = { csr: string; key: string; publicKey: string; keyType: string };

/**
 * A request (PKCS #10) for a successor of a certificate: the same subject, names and usages, byte for byte, and a new key of the same
 * kind.
 */
export async function requestLike(certificatePem: string, keyType: string): Promise<NewRequest> {
  const x509 = await loadX509();
  const previous = new x509.X509Certificate(certificatePem);
  const extensions = previous.extensions.filter((extension) => TAKEN_OVER.includes(extension.type));
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
