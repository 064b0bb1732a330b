import { createPrivateKey, createPublicKey, hash, type KeyObject, X509Certificate } from 'node:crypto';
import type { Certificate } from '../domain/model/certificate.ts';
import { CertagentError } from '../domain/model/errors.ts';
import { privateKeyIn, readPem } from './pem.ts';
import { derLength, keyInfo } from './x509-key-info.ts';

/** Parses one certificate, PEM or DER. Throws CertagentError BAD_CERTIFICATE. */
export function parseCertificate(input: string | Buffer): Certificate {
  try {
    const x509 = new X509Certificate(input);
    const der = typeof input === 'string' || input[0] !== SEQUENCE ? x509.raw : input;
    // OpenSSL ignores what follows the certificate; Go does not.
    if (derLength(der) !== der.length) throw new RangeError('data follows it');
    return describe(x509, der);
  } catch (error) {
    throw new CertagentError('BAD_CERTIFICATE', 'is not an X.509 certificate', { cause: error });
  }
}

const SEQUENCE = 0x30;

function describe(x509: X509Certificate, der: Buffer): Certificate {
  const [subject, issuer] = [nameParts(x509.subject), nameParts(x509.issuer)];
  const [notBefore, notAfter] = [x509.validFromDate.getTime(), x509.validToDate.getTime()];
  // An invalid date would make every comparison false: neither due nor expired.
  if (Number.isNaN(notBefore) || Number.isNaN(notAfter)) throw new RangeError('its validity is not a date');
  const { publicKey } = x509;
  const known = keyInfo(der);
  return {
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    ...identity(subject),
    serial: x509.serialNumber,
    fingerprint: hash('sha256', der),
    publicKey: known === null ? publicKeyId(publicKey) : hash('sha256', known.spki),
    keyType: known?.keyType ?? keyType(publicKey),
    notBefore,
    notAfter,
    sans: subjectAltNames(x509.subjectAltName),
    isCa: x509.ca,
    usages: (x509.keyUsage ?? []).map((oid) => USAGES[oid] ?? oid).sort(),
  };
}

/** node:crypto calls the *extended* key usages keyUsage. */
const USAGES: Record<string, string> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
  '1.3.6.1.5.5.7.3.3': 'codeSigning',
  '1.3.6.1.5.5.7.3.4': 'emailProtection',
  '1.3.6.1.5.5.7.3.8': 'timeStamping',
  '1.3.6.1.5.5.7.3.9': 'ocspSigning',
};

/** The relative names (RDN) of a name, each with its attributes, most often one. */
type Name = [type: string, value: string][][];

/** Node prints an RDN a line, its attributes joined by " + "; a "+" in a value has a backslash before it. */
function nameParts(name: string | undefined): Name {
  return (name ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line.split(' + ').map((attribute): [string, string] => {
        const at = attribute.indexOf('=');
        return [attribute.slice(0, at), attribute.slice(at + 1)];
      }),
    );
}

function oneLine(name: Name): string {
  return name.map((rdn) => rdn.map(([type, value]) => `${type}=${value}`).join(' + ')).join(', ');
}

/** Who it is to Kubernetes (Go's `pkix.Name`): the user is the last CN, the groups are all O values. */
function identity(subject: Name): Pick<Certificate, 'commonName' | 'organizations'> {
  const of = (type: string) => subject.flat().flatMap(([each, value]) => (each === type ? verbatim(value) : []));
  return { commonName: of('CN').at(-1) ?? null, organizations: of('O') };
}

/**
 * The value as in the certificate: printed, it has a backslash before some characters. One with control characters stays as
 * it is printed, which no terminal obeys. (`toLegacyObject` has such values too, and crashes Node on some EC curves.)
 */
function verbatim(value: string): string {
  return /\\[0-9A-F]{2}/.test(value.replaceAll('\\\\', '')) ? value : value.replace(/\\(.)/gs, '$1');
}

/** 'DNS:a, IP Address:1.2.3.4' with odd values quoted as JSON strings. */
function subjectAltNames(text: string | undefined): string[] {
  const items = (text ?? '').match(/(?:[^,"]|"(?:\\.|[^"\\])*")+/g) ?? [];
  return items
    .map((item) => item.trim().replace(/^IP Address:/, 'IP:'))
    .filter((item) => item !== '')
    .sort();
}

function keyType(key: KeyObject): string {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return `RSA ${details?.modulusLength}`;
    case 'ec':
      return `EC ${CURVES[details?.namedCurve ?? ''] ?? details?.namedCurve}`;
    case 'ed25519':
      return 'Ed25519';
    default:
      return key.asymmetricKeyType ?? 'unknown';
  }
}

const CURVES: Record<string, string> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

/**
 * The private key that Go's `tls.X509KeyPair` takes from a PEM text: the first block that says PRIVATE KEY, in the form that
 * its content has, RSA, ECDSA or Ed25519. Throws CertagentError BAD_KEY, which never quotes the key.
 */
export function privateKeyOf(pem: string): KeyObject {
  const der = privateKeyIn(readPem(pem));
  for (const type of der === null ? [] : (['pkcs1', 'pkcs8', 'sec1'] as const)) {
    try {
      const key = createPrivateKey({ key: der as Buffer, format: 'der', type });
      if (['rsa', 'ec', 'ed25519'].includes(key.asymmetricKeyType ?? '')) return key;
    } catch {
      // The error could quote the key; the next form is tried.
    }
  }
  throw new CertagentError('BAD_KEY', 'is not a private key that Kubernetes can read');
}

/** SHA-256 of the SubjectPublicKeyInfo of a private key in PEM. Throws as `privateKeyOf`. */
export function publicKeyOfPrivate(pem: string): string {
  const key = privateKeyOf(pem);
  try {
    return publicKeyId(createPublicKey(key));
  } catch {
    throw new CertagentError('BAD_KEY', 'is not a private key that Kubernetes can read');
  }
}

/** True when `ca` really signed `certificate` (its key verifies the signature, and names match). Both PEM or DER. */
export function isSignedBy(certificate: string | Buffer, ca: string | Buffer): boolean {
  try {
    const leaf = new X509Certificate(certificate);
    const issuer = new X509Certificate(ca);
    return leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function publicKeyId(key: KeyObject): string {
  return hash('sha256', key.export({ type: 'spki', format: 'der' }));
}
