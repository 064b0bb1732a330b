import { type DerValue, derAt } from './der.ts';

/** A certificate's public key as it is written (SubjectPublicKeyInfo, DER), and what kind of key it is. */
export type KeyInfo = { spki: Buffer; keyType: string };

/**
 * Cuts the public key out of a certificate's DER. Only for a certificate that OpenSSL has parsed, and only the forms that
 * OpenSSL writes in the same bytes; null for others. Asking OpenSSL for the same takes six times as long as parsing the
 * whole certificate.
 */
export function keyInfo(certificate: Buffer): KeyInfo | null {
  const spki = spkiOf(certificate);
  if (spki === null) return null;
  for (const { prefix, length, keyType } of FIXED)
    if (spki.length === length && spki.subarray(0, prefix.length).equals(prefix)) return { spki, keyType };
  const bits = rsaBits(spki);
  return bits === null ? null : { spki, keyType: `RSA ${bits}` };
}

/** Everything before the bytes of the key, for keys of a fixed length; points are uncompressed (04). */
const FIXED = [
  { keyType: 'EC P-256', length: 91, hex: '3059301306072a8648ce3d020106082a8648ce3d03010703420004' },
  { keyType: 'EC P-384', length: 120, hex: '3076301006072a8648ce3d020106052b8104002203620004' },
  { keyType: 'EC P-521', length: 158, hex: '30819b301006072a8648ce3d020106052b810400230381860004' },
  { keyType: 'Ed25519', length: 44, hex: '302a300506032b6570032100' },
].map(({ hex, ...rest }) => ({ ...rest, prefix: Buffer.from(hex, 'hex') }));

const RSA = Buffer.from('300d06092a864886f70d0101010500', 'hex');

function rsaBits(spki: Buffer): number | null {
  const algorithm = inside(spki, 0, SEQUENCE);
  if (algorithm === null || !spki.subarray(algorithm.start, algorithm.start + RSA.length).equals(RSA)) return null;
  const bits = inside(spki, algorithm.start + RSA.length, BIT_STRING);
  const key = bits && inside(spki, bits.start + 1, SEQUENCE);
  const modulus = key && inside(spki, key.start, INTEGER);
  if (modulus === null) return null;
  const first = spki[modulus.start] === 0 ? modulus.start + 1 : modulus.start;
  return (modulus.end - first) * 8 - Math.clz32(spki[first] ?? 0) + 24;
}

const [SEQUENCE, INTEGER, BIT_STRING, VERSION] = [0x30, 0x02, 0x03, 0xa0];

/** Certificate, TBSCertificate, then: version, serial, algorithm, issuer, validity, subject, key. */
function spkiOf(der: Buffer): Buffer | null {
  const certificate = inside(der, 0, SEQUENCE);
  const body = certificate && inside(der, certificate.start, SEQUENCE);
  let at = body?.start ?? null;
  if (at !== null && der[at] === VERSION) at = inside(der, at, VERSION)?.end ?? null;
  for (const tag of [INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE])
    at = at === null ? null : (inside(der, at, tag)?.end ?? null);
  const key = at === null ? null : inside(der, at, SEQUENCE);
  return at === null || key === null ? null : der.subarray(at, key.end);
}

/** The value at `at`; null when it has another tag, or goes beyond the end. */
function inside(der: Buffer, at: number, tag: number): DerValue | null {
  const value = derAt(der, at);
  return value?.tag === tag ? value : null;
}

/** The length of the one DER value that bytes begin with; null when it is not a sequence that ends within them. */
export function derLength(bytes: Buffer): number | null {
  return inside(bytes, 0, SEQUENCE)?.end ?? null;
}
