import { X509Certificate } from 'node:crypto';
import { type CertificateParts, certificateParts } from './certificate-parts.ts';
import { whyConstrained } from './chain-constraints.ts';
import { derAt } from './der.ts';

/**
 * Why Kubernetes' programs, which are written in Go, refuse a certificate that OpenSSL accepts, in words that follow "the certificate";
 * null: they take it. `chain`: the certificate, then the intermediate CAs up to `ca`, each signed by the next; PEM or DER that OpenSSL has
 * parsed. Measured with crypto/x509 of Go 1.26, except for the key usage: Go does not look at it, but curl and every other client that
 * uses OpenSSL does.
 */
export function whyGoRefuses(chain: readonly (string | Buffer)[], ca: string | Buffer): string | null {
  const certificates = [...chain, ca].map((one) => new X509Certificate(one));
  const parts = certificates.map(({ raw }) => certificateParts(raw));
  for (const [index, part] of parts.slice(0, -1).entries()) {
    const why = whyOne(part, parts[index + 1]!, certificates[index]!);
    if (why !== null) return index === 0 ? why : `comes through a CA ("${nameOf(certificates[index]!)}") that ${why}`;
  }
  return lacksSignature(parts[0]!) ? 'lacks the key usage digitalSignature' : whyConstrained(certificates, parts);
}

function whyOne(
  { serial, issuer, extensions }: CertificateParts,
  signer: CertificateParts,
  { signatureAlgorithmOid, signatureAlgorithm }: X509Certificate,
): string | null {
  if (!SIGNATURES.includes(signatureAlgorithmOid))
    return `is signed with ${signatureAlgorithm ?? signatureAlgorithmOid}: Kubernetes accepts SHA-256, SHA-384 and SHA-512 with RSA or ECDSA, and Ed25519`;
  if (!issuer.equals(signer.subject))
    return 'writes the name of its CA in other bytes than the CA does: OpenSSL sees the same name, Kubernetes another CA';
  if ((serial[0] ?? 0) >= 0x80) return 'has a negative serial number, which Kubernetes cannot read';
  const twice = extensions.find(({ oid }, index) => extensions.findIndex((other) => other.oid === oid) < index);
  if (twice !== undefined) return `has the extension ${twice.oid} twice`;
  const unknown = extensions.find(({ oid, critical }) => critical && !MAY_BE_CRITICAL.includes(oid));
  return unknown === undefined ? null : `has the critical extension ${unknown.oid}, which Kubernetes does not accept`;
}

/** RSA, RSA-PSS, ECDSA, Ed25519. */
const SIGNATURES = [
  ...['1.2.840.113549.1.1.11', '1.2.840.113549.1.1.12', '1.2.840.113549.1.1.13', '1.2.840.113549.1.1.10'],
  ...['1.2.840.10045.4.3.2', '1.2.840.10045.4.3.3', '1.2.840.10045.4.3.4', '1.3.101.112'],
];

/** Those that Go understands: usages, names, constraints, policies, CRLs. */
const MAY_BE_CRITICAL = [15, 17, 19, 30, 31, 32, 33, 36, 37, 54].map((last) => `2.5.29.${last}`);

const KEY_USAGE = '2.5.29.15';

/** The first bit of the BIT STRING, whose first byte counts unused bits. */
function lacksSignature({ extensions }: CertificateParts): boolean {
  const value = extensions.find(({ oid }) => oid === KEY_USAGE)?.value;
  const bits = value === undefined ? null : derAt(value, 0);
  return value !== undefined && ((value[(bits?.start ?? 0) + 1] ?? 0) & 0x80) === 0;
}

function nameOf({ subject }: X509Certificate): string {
  return subject.replaceAll('\n', ', ');
}
