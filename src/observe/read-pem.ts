import type { Certificate } from '../domain/model/certificate.ts';
import type { KeyFinding } from '../domain/model/inventory.ts';
import type { FileFacts } from '../host/files.ts';
import { keyFinding, keyInFile } from './key.ts';
import { type PemReading, refuseNone } from './pem-reading.ts';
import type { Scan } from './scan.ts';
import { ownerOf, type Parts, type ReadCertificate, type Source } from './source.ts';

/** The certificates of a PEM file: the leaf, with its key checked, then the rest of the chain. Throws Unreadable. */
export async function pemParts(scan: Scan, source: Source, reading: PemReading, facts: FileFacts): Promise<Parts> {
  const { certificates, problem, key } = reading;
  const onlyKeys = certificates.length === 0 && key !== null && problem === null;
  if (source.presence === 'keys-too' && onlyKeys) return { certificates: [], problem: null };
  refuseNone(reading);
  let keySize = 0;
  const read: ReadCertificate[] = [];
  for (const { certificate, der, index } of certificates)
    read.push({
      id: index === 0 ? source.id : `${source.id}#${index}`,
      certificate,
      place: { kind: 'pem', path: source.path, index },
      owner: ownerOf(source, certificate),
      key: index === 0 ? await leafKey(certificate) : notExpected,
      file: fileFacts(facts),
      component: index === 0 ? source.component : null,
      der,
      ca: index === 0 ? source.ca : null,
    });
  return { certificates: read, problem, keySize };

  async function leafKey(certificate: Certificate): Promise<KeyFinding> {
    if (key !== null) return keyFinding(scan, { path: source.path, facts }, key, certificate);
    if (source.key === null) return notExpected;
    const { finding, size } = await keyInFile(scan, source.key, certificate);
    keySize = size;
    return finding;
  }
}

export const notExpected: KeyFinding = { state: 'not-expected' };

export function fileFacts({ mode, uid, gid, modifiedAt, changedAt }: FileFacts): ReadCertificate['file'] {
  return { mode, uid, gid, modifiedAt, changedAt };
}
