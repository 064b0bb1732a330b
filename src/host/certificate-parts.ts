import { type DerValue, derAt, derChildren, oidText } from './der.ts';

/** An extension; `value`: the content of its OCTET STRING. */
export type Extension = { oid: string; critical: boolean; value: Buffer };

/** Parts of a certificate as they are written, which node:crypto does not show. */
export type CertificateParts = { serial: Buffer; issuer: Buffer; subject: Buffer; extensions: Extension[] };

const [INTEGER, SEQUENCE, VERSION, EXTENSIONS, BOOLEAN] = [0x02, 0x30, 0xa0, 0xa3, 0x01];

/** Of a certificate (DER) that OpenSSL has parsed. Throws RangeError for anything else. */
export function certificateParts(der: Buffer): CertificateParts {
  const certificate = derAt(der, 0);
  const [body] = certificate === null ? [] : derChildren(der, certificate);
  const all = body === undefined ? [] : derChildren(der, body);
  const [serial, , issuer, , subject] = all[0]?.tag === VERSION ? all.slice(1) : all;
  if (serial?.tag !== INTEGER || issuer?.tag !== SEQUENCE || subject?.tag !== SEQUENCE)
    throw new RangeError('is not a certificate');
  const [list] = all.filter(({ tag }) => tag === EXTENSIONS).flatMap((value) => derChildren(der, value));
  return {
    serial: der.subarray(serial.start, serial.end),
    issuer: der.subarray(issuer.from, issuer.end),
    subject: der.subarray(subject.from, subject.end),
    extensions: list === undefined ? [] : derChildren(der, list).flatMap((value) => extensionIn(der, value)),
  };
}

function extensionIn(der: Buffer, value: DerValue): Extension[] {
  const [oid, ...rest] = derChildren(der, value);
  const content = rest.at(-1);
  if (oid === undefined || content === undefined) return [];
  const critical = rest.some(({ tag, start }) => tag === BOOLEAN && der[start] !== 0);
  return [
    { oid: oidText(der.subarray(oid.start, oid.end)), critical, value: der.subarray(content.start, content.end) },
  ];
}
