import { parseDynamicCert } from '../host/dynamic-cert.ts';
import type { FileFacts } from '../host/files.ts';
import { type Content, Unreadable } from './file-content.ts';
import { keyFinding } from './key.ts';
import { type KeyId, type Parsed, readingOf, refuseNone } from './pem-reading.ts';
import { fileFacts, notExpected } from './read-pem.ts';
import type { Scan } from './scan.ts';
import { ownerOf, type Parts, type ReadCertificate, type Source } from './source.ts';

/** The content of K3s's listener secret, without the key. */
export type DynamicCertReading = {
  format: 'dynamic-cert';
  certificates: Parsed[];
  problem: Unreadable | null;
  key: KeyId;
};

/** Throws Unreadable. */
export function dynamicCertReading({ text }: Pick<Content, 'text'>): DynamicCertReading {
  const secret = parseDynamicCert(text);
  if ('refused' in secret) throw new Unreadable(secret.open ? 'half-written' : 'no-certificate', secret.refused);
  const { certificates, problem } = readingOf(secret.certificate);
  refuseNone({ certificates, problem });
  return { format: 'dynamic-cert', certificates, problem, key: readingOf(secret.key).key };
}

/** The certificate that port 6443, on RKE2 the supervisor's 9345, serves, and its chain. */
export async function dynamicCertParts(
  scan: Scan,
  source: Source,
  { certificates, problem, key }: DynamicCertReading,
  facts: FileFacts,
): Promise<Parts> {
  const { path } = source;
  const read: ReadCertificate[] = [];
  for (const { certificate, der, index } of certificates)
    read.push({
      id: index === 0 ? source.id : `${source.id}#${index}`,
      certificate,
      place: { kind: 'dynamic-cert', path, index },
      owner: ownerOf(source, certificate),
      key: index === 0 ? await keyFinding(scan, { path, facts }, key, certificate) : notExpected,
      file: fileFacts(facts),
      component: index === 0 ? source.component : null,
      der,
      ca: index === 0 ? source.ca : null,
    });
  return { certificates: read, problem };
}
