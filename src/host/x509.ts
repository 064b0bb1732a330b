import { createHash, createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { Certificate } from '../domain/model/certificate.ts';
import { CertagentError } from '../domain/model/errors.ts';

const PEM_BEGIN = /-----BEGIN ([A-Z0-9 ]{1,64})-----/g;

/** What a PEM text holds. `openBlock`: a BEGIN without its END, as in a file that is being written. */
export type PemContent = { certificates: string[]; keys: string[]; openBlock: boolean };

/** In one pass: a text of nothing but BEGIN lines, which any user can put in a kubeconfig, takes no longer than another. */
export function splitPem(text: string): PemContent {
  const content: PemContent = { certificates: [], keys: [], openBlock: false };
  let after = 0;
  for (const begin of text.matchAll(PEM_BEGIN)) {
    if (begin.index < after) continue;
    const [, label] = begin;
    const end = `-----END ${label}-----`;
    const at = text.indexOf(end, begin.index);
    if (at === -1) {
      content.openBlock = true;
      break;
    }
    after = at + end.length;
    const block = text.slice(begin.index, after);
    // A second BEGIN within: this block was cut and another written after it.
    if (block.indexOf('-----BEGIN ', 1) !== -1) content.openBlock = true;
    else if (label === 'CERTIFICATE') content.certificates.push(block);
    else if (label?.endsWith('PRIVATE KEY')) content.keys.push(block);
  }
  return content;
}

/** Parses one certificate, PEM or DER. Throws CertagentError BAD_CERTIFICATE. About 25 µs: node:crypto, not @peculiar/x509. */
export function parseCertificate(input: string | Buffer): Certificate {
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(input);
    return describe(x509);
  } catch (error) {
    throw new CertagentError('BAD_CERTIFICATE', 'is no X.509 certificate', { cause: error });
  }
}

function describe(x509: X509Certificate): Certificate {
  const subject = nameParts(x509.subject);
  const [notBefore, notAfter] = [x509.validFromDate.getTime(), x509.validToDate.getTime()];
  // A date that is none would make every comparison false: neither due nor expired.
  if (Number.isNaN(notBefore) || Number.isNaN(notAfter)) throw new RangeError('its validity is no date');
  return {
    subject: subject.map(([type, value]) => `${type}=${value}`).join(', '),
    issuer: nameParts(x509.issuer)
      .map(([type, value]) => `${type}=${value}`)
      .join(', '),
    commonName: subject.find(([type]) => type === 'CN')?.[1] ?? null,
    organizations: subject.filter(([type]) => type === 'O').map(([, value]) => value),
    serial: x509.serialNumber,
    fingerprint: sha256(x509.raw),
    publicKey: publicKeyId(x509.publicKey),
    keyType: keyType(x509.publicKey),
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

/** Node prints one "TYPE=value" a line (several attributes of one RDN joined by " + "). */
function nameParts(name: string | undefined): [string, string][] {
  return (name ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    });
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

/** SHA-256 of the SubjectPublicKeyInfo of a private key in PEM. Throws CertagentError BAD_KEY, which never quotes the key. */
export function publicKeyOfPrivate(pem: string): string {
  try {
    return publicKeyId(createPublicKey(createPrivateKey(pem)));
  } catch {
    throw new CertagentError('BAD_KEY', 'is no private key that can be read');
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
  return sha256(key.export({ type: 'spki', format: 'der' }));
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
