import type { Certificate } from '../domain/model/certificate.ts';
import type { KeyFinding } from '../domain/model/inventory.ts';
import { type PemContent, parseCertificate, splitPem } from '../host/x509.ts';
import { type Content, Unreadable } from './file-content.ts';
import { keyInFile, keyInText } from './key.ts';
import type { Scan } from './scan.ts';
import { ownerOf, type Parts, type ReadCertificate, type Source } from './source.ts';

/** The certificates of a PEM file: the leaf, with its key looked at, then the rest of the chain. Throws Unreadable. */
export async function readPem(scan: Scan, source: Source, content: Content): Promise<Parts> {
  const pem = splitPem(content.text);
  if (source.presence === 'keys-too' && pem.certificates.length === 0 && pem.keys.length > 0 && !pem.openBlock)
    return { certificates: [], problem: null };
  const { parsed, problem } = parseAll(pem);
  let keySize = 0;
  const certificates: ReadCertificate[] = [];
  for (const { certificate, text, index } of parsed) {
    const key = index === 0 ? await leafKey(certificate) : notExpected;
    certificates.push({
      id: index === 0 ? source.id : `${source.id}#${index}`,
      certificate,
      place: { kind: 'pem', path: source.path, index },
      owner: ownerOf(source, certificate),
      key,
      file: fileFacts(content),
      component: index === 0 ? source.component : null,
      pem: text,
      ca: index === 0 ? source.ca : null,
    });
  }
  return { certificates, problem, keySize };

  async function leafKey(certificate: Certificate): Promise<KeyFinding> {
    if (pem.keys.length > 0)
      return keyInText(scan, { path: source.path, text: content.text, facts: content.facts }, certificate);
    if (source.key === null) return notExpected;
    const { finding, size } = await keyInFile(scan, source.key, certificate);
    keySize = size;
    return finding;
  }
}

const notExpected: KeyFinding = { state: 'not-expected' };

type Parsed = { certificate: Certificate; text: string; index: number };

/** Every certificate that parses; `problem` when one does not, or when the text ends within one. Throws Unreadable when it holds none. */
export function parseAll(pem: PemContent): { parsed: Parsed[]; problem: Unreadable | null } {
  let problem = pem.openBlock ? new Unreadable('half-written', 'ends within a PEM block') : null;
  const parsed = pem.certificates.flatMap((text, index) => {
    try {
      return [{ certificate: parseCertificate(text), text, index }];
    } catch {
      problem ??= new Unreadable('bad-certificate', `certificate ${index + 1} is no valid X.509 certificate`);
      return [];
    }
  });
  if (parsed.length === 0) throw problem ?? new Unreadable('no-certificate', 'holds no PEM certificate');
  return { parsed, problem };
}

export function fileFacts({ facts }: Content): ReadCertificate['file'] {
  const { mode, uid, gid, modifiedAt, changedAt } = facts;
  return { mode, uid, gid, modifiedAt, changedAt };
}
