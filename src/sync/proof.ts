import { randomBytes, sign, verify, X509Certificate } from 'node:crypto';
import type { Certificate } from '../domain/model/certificate.ts';
import { decodeBase64 } from '../host/base64.ts';
import { certificateTexts } from '../host/pem.ts';
import { parseCertificate, privateKeyOf } from '../host/x509.ts';

/**
 * True when `keyPem` really is the private key of the certificate: it signs a challenge that the certificate's public key
 * verifies. Comparing public keys is not enough: a key file also holds the public half, and anybody who has seen the
 * certificate can put that half beside private numbers of their own.
 */
export function holdsKey(certificatePem: string, keyPem: string): boolean {
  try {
    const challenge = randomBytes(32);
    const { publicKey } = new X509Certificate(certificatePem);
    const digest = publicKey.asymmetricKeyType?.startsWith('ed') ? null : 'sha256';
    return verify(digest, challenge, publicKey, sign(digest, challenge, privateKeyOf(keyPem)));
  } catch {
    return false;
  }
}

/** A larger credential is refused, so that hostile input costs little. */
const LIMIT = 256 * 1024;

/** base64 of PEM → its certificates, each as a PEM block; empty when it is anything else. Linear in the input's length. */
export function certificateBlocks(base64: string): string[] {
  const text = decodeData(base64);
  return text === null ? [] : certificateTexts(text);
}

/** base64 as Go decodes it (line breaks are ignored) → text; null when it is anything else. */
export function decodeData(base64: string): string | null {
  return base64.length > LIMIT ? null : (decodeBase64(base64)?.toString('utf8') ?? null);
}

/** As `parseCertificate`, null instead of an error. */
export function certificateOf(pem: string | undefined): Certificate | null {
  try {
    return pem === undefined ? null : parseCertificate(pem);
  } catch {
    return null;
  }
}
