import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes, type webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import type { X509Package } from '../src/host/x509-package.ts';
import { loadX509 } from '../src/host/x509-package.ts';

/** RSA is RSA 2048 as kubeadm makes them; EC is P-256 as K3s makes them (and a hundred times faster to make). */
export type KeyType = 'rsa' | 'ec';

/** A certificate and its private key, both PEM; the key is PKCS#1 or SEC 1, as Kubernetes' own tools write it. */
export type Issued = { certificatePem: string; keyPem: string };

export type Subject = { commonName: string; organizations?: string[] };

export type CertificateRequest = {
  ca: Issued;
  subject: Subject;
  /** DNS names and IP addresses; their form says which. */
  sans?: string[];
  usages: ('server' | 'client')[];
  /** Milliseconds since the epoch; certificates hold whole seconds. */
  notBefore: number;
  notAfter: number;
  keyType?: KeyType;
  /** A PEM key to use again instead of a new one (K3s does so for its listener). */
  keyPem?: string;
  /** A request (PKCS #10, DER) whose public key it gets: then no private key is known. */
  csr?: Buffer;
  /** The public half of a key that somebody else has: the certificate is for that. */
  publicKeyPem?: string;
};

export type AuthorityRequest = {
  commonName: string;
  sans?: string[];
  notBefore: number;
  notAfter: number;
  keyType?: KeyType;
  /** Another CA that signs it; default: itself. */
  ca?: Issued;
  /** A PEM key to use again instead of a new one. */
  keyPem?: string;
};

/** A leaf signed by `ca`, with the extensions that Kubernetes' tools give it. */
export async function issueCertificate(request: CertificateRequest): Promise<Issued> {
  const x509 = await loadX509();
  const key = request.keyPem === undefined ? await newKey(request.keyType ?? 'ec') : createPrivateKey(request.keyPem);
  const issuer = new x509.X509Certificate(request.ca.certificatePem);
  const signer = createPrivateKey(request.ca.keyPem);
  const purposes = request.usages.map((usage) =>
    usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
  );
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: name(x509, request.subject),
    issuer: issuer.subjectName,
    notBefore: new Date(request.notBefore),
    notAfter: new Date(request.notAfter),
    publicKey: await publicKeyFor(x509, request, key),
    signingKey: privateCryptoKey(signer),
    signingAlgorithm: algorithm(signer),
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(purposes),
      new x509.BasicConstraintsExtension(false, undefined, true),
      await authorityKeyIdentifier(x509, issuer),
      ...alternativeNames(x509, request.sans),
    ],
  });
  return { certificatePem: pem(certificate), keyPem: keyPem(key) };
}

/** Throws for what is not a request, or was not signed with its own key. */
async function publicKeyFor(x509: X509Package, { csr, publicKeyPem }: CertificateRequest, key: KeyObject) {
  if (csr === undefined) return publicCryptoKey(publicKeyPem === undefined ? key : createPublicKey(publicKeyPem));
  const request = new x509.Pkcs10CertificateRequest(csr);
  if (!(await request.verify())) throw new Error('the request is not signed with its key');
  return request.publicKey;
}

/** A certificate authority that signed itself, or that another has signed. */
export async function issueAuthority(request: AuthorityRequest): Promise<Issued> {
  const x509 = await loadX509();
  const key = request.keyPem === undefined ? await newKey(request.keyType ?? 'ec') : createPrivateKey(request.keyPem);
  const signer = request.ca === undefined ? key : createPrivateKey(request.ca.keyPem);
  const own = name(x509, { commonName: request.commonName });
  const { digitalSignature, keyEncipherment, keyCertSign } = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: own,
    issuer: request.ca === undefined ? own : new x509.X509Certificate(request.ca.certificatePem).subjectName,
    notBefore: new Date(request.notBefore),
    notAfter: new Date(request.notAfter),
    publicKey: publicCryptoKey(key),
    signingKey: privateCryptoKey(signer),
    signingAlgorithm: algorithm(signer),
    extensions: [
      new x509.KeyUsagesExtension(digitalSignature | keyEncipherment | keyCertSign, true),
      new x509.BasicConstraintsExtension(true, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(publicCryptoKey(key)),
      ...alternativeNames(x509, request.sans),
    ],
  });
  return { certificatePem: pem(certificate), keyPem: keyPem(key) };
}

/** What a renewal takes over from the previous certificate: subject, names and usages. */
export async function readRequest(
  certificatePem: string,
): Promise<{ subject: Subject; sans: string[]; usages: ('server' | 'client')[] }> {
  const x509 = await loadX509();
  const certificate = new x509.X509Certificate(certificatePem);
  const sans = certificate.getExtension(x509.SubjectAlternativeNameExtension);
  const purposes = certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages ?? [];
  const usages: ('server' | 'client')[] = [];
  if (purposes.includes(x509.ExtendedKeyUsage.serverAuth)) usages.push('server');
  if (purposes.includes(x509.ExtendedKeyUsage.clientAuth)) usages.push('client');
  return {
    subject: {
      commonName: certificate.subjectName.getField('CN')[0] ?? '',
      organizations: certificate.subjectName.getField('O'),
    },
    sans: sans?.names.items.map((item) => item.value) ?? [],
    usages,
  };
}

/** A new private key as PEM. */
export async function issueKey(keyType: KeyType): Promise<string> {
  return keyPem(await newKey(keyType));
}

/** The public half of a private key, as kubeadm's `sa.pub` holds it. */
export function publicKeyPem(privateKeyPem: string): string {
  return createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' }).toString();
}

const generate = promisify(generateKeyPair);

async function newKey(keyType: KeyType): Promise<KeyObject> {
  const pair =
    keyType === 'rsa'
      ? await generate('rsa', { modulusLength: 2048 })
      : await generate('ec', { namedCurve: 'prime256v1' });
  return pair.privateKey;
}

function keyPem(key: KeyObject): string {
  const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1';
  return key.export({ type, format: 'pem' }).toString();
}

function algorithm(key: KeyObject) {
  return key.asymmetricKeyType === 'rsa'
    ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    : { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
}

function privateCryptoKey(key: KeyObject): webcrypto.CryptoKey {
  return key.toCryptoKey(algorithm(key), true, ['sign']);
}

function publicCryptoKey(key: KeyObject): webcrypto.CryptoKey {
  return (key.type === 'public' ? key : createPublicKey(key)).toCryptoKey(algorithm(key), true, ['verify']);
}

// Go writes the organization before the common name; `openssl x509 -subject` shows that order.
function name(x509: X509Package, subject: Subject) {
  const organizations = (subject.organizations ?? []).map((organization) => ({ O: [organization] }));
  return new x509.Name([...organizations, { CN: [subject.commonName] }]);
}

/** What the issuer calls its key: Go derives that in another way since 1.25. */
async function authorityKeyIdentifier(x509: X509Package, issuer: InstanceType<X509Package['X509Certificate']>) {
  const named = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  if (named !== null) return new x509.AuthorityKeyIdentifierExtension(named.keyId, false);
  return x509.AuthorityKeyIdentifierExtension.create(issuer, false);
}

function alternativeNames(x509: X509Package, sans: string[] | undefined) {
  if (sans === undefined || sans.length === 0) return [];
  const names = sans.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }));
  return [new x509.SubjectAlternativeNameExtension(names)];
}

// 63 bits, as Go's tools draw it, and never zero at the front so that the encoding stays minimal.
function serial(): string {
  const bytes = randomBytes(8);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function pem(certificate: { toString(format: 'pem'): string }): string {
  return `${certificate.toString('pem').trimEnd()}\n`;
}
