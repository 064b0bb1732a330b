import type { Certificate } from '../domain/model/certificate.ts';
import { certificatesIn, type Pem, privateKeyIn, readPem } from '../host/pem.ts';
import { parseCertificate, publicKeyOfPrivate } from '../host/x509.ts';
import { type Content, Unreadable } from './file-content.ts';

/** A certificate (DER) and its place among those of its file. */
export type Parsed = { certificate: Certificate; der: Buffer; index: number };

/** The content of a PEM text, without its secrets. `key`: what belongs to its private key, see `keyOf`. */
export type PemReading = { format: 'pem'; certificates: Parsed[]; problem: Unreadable | null; key: KeyId };

/** SHA-256 of the public key that belongs to a private key; null: without a private key. */
export type KeyId = string | 'unreadable' | null;

export function pemReading({ bytes }: Pick<Content, 'bytes'>): PemReading {
  // A character for each byte: Go does not mind comments in other encodings than UTF-8 either.
  return readingOf(bytes.toString('latin1'));
}

export function readingOf(text: string): PemReading {
  const pem = readPem(text);
  return { format: 'pem', ...certificatesOf(pem), key: keyOf(pem, text) };
}

function keyOf(pem: Pem, text: string): KeyId {
  if (privateKeyIn(pem) === null) return null;
  try {
    return publicKeyOfPrivate(text);
  } catch {
    return 'unreadable';
  }
}

function certificatesOf(pem: Pem): { certificates: Parsed[]; problem: Unreadable | null } {
  let problem = damageOf(pem);
  const certificates = certificatesIn(pem).flatMap((der, index) => {
    try {
      return [{ certificate: parseCertificate(der), der, index }];
    } catch {
      problem ??= new Unreadable('bad-certificate', `certificate ${index + 1} is not a valid X.509 certificate`);
      return [];
    }
  });
  return { certificates, problem };
}

function damageOf({ blocks, damage }: Pem): Unreadable | null {
  if (damage === 'open') return new Unreadable('half-written', 'stops within a PEM block');
  if (damage === 'skipped')
    return new Unreadable(
      'bad-certificate',
      'has a PEM block that Kubernetes skips: BEGIN and END must begin a line and have the same label, nothing may follow them, and the base64 must be valid',
    );
  return blocks.some(({ type, headers }) => type === 'CERTIFICATE' && headers)
    ? new Unreadable('bad-certificate', 'has a certificate with PEM headers, which Kubernetes skips')
    : null;
}

/** Throws Unreadable when a text holds no certificate. */
export function refuseNone({ certificates, problem }: Pick<PemReading, 'certificates' | 'problem'>): void {
  if (certificates.length === 0) throw problem ?? new Unreadable('no-certificate', 'holds no PEM certificate');
}
