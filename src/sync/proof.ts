import { createPrivateKey, randomBytes, sign, verify, X509Certificate } from 'node:crypto';
import type { Certificate } from '../domain/model/certificate.ts';
import { parseCertificate } from '../host/x509.ts';

/**
 * True when `keyPem` really is the private key of the certificate: it signs a challenge that the certificate's public key
 * verifies. Comparing public keys is not enough: a key file carries its public half beside the private one, and whoever
 * has seen the certificate can write that half over numbers of their own.
 */
export function holdsKey(certificatePem: string, keyPem: string): boolean {
  try {
    const challenge = randomBytes(32);
    const { publicKey } = new X509Certificate(certificatePem);
    const digest = publicKey.asymmetricKeyType?.startsWith('ed') ? null : 'sha256';
    return verify(digest, challenge, publicKey, sign(digest, challenge, createPrivateKey(keyPem)));
  } catch {
    return false;
  }
}

/** A credential of more than this is none; hostile input stays cheap to look at. */
const LIMIT = 256 * 1024;

/** base64 of PEM → its certificates' PEM blocks; empty when it is anything else. Linear in the input's length. */
export function certificateBlocks(base64: string): string[] {
  return decodeData(base64)?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** base64 as Kubernetes' tools take it (line breaks are passed over) → text; null when it is none. */
export function decodeData(base64: string): string | null {
  if (base64.length > LIMIT) return null;
  const packed = base64.replace(/\s/g, '');
  return /^[A-Za-z0-9+/]*={0,2}$/.test(packed) ? Buffer.from(packed, 'base64').toString('utf8') : null;
}

/** As `parseCertificate`, null instead of an error. */
export function certificateOf(pem: string | undefined): Certificate | null {
  try {
    return pem === undefined ? null : parseCertificate(pem);
  } catch {
    return null;
  }
}
