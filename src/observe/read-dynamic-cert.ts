import { splitPem } from '../host/x509.ts';
import { type Content, Unreadable } from './file-content.ts';
import { keyInText } from './key.ts';
import { fileFacts, parseAll } from './read-pem.ts';
import type { Scan } from './scan.ts';
import { ownerOf, type Parts, type Source } from './source.ts';

/**
 * K3s's listener certificate: a Kubernetes TLS secret as JSON (rancher/dynamiclistener, storage/file), which port 6443, on
 * RKE2 the supervisor's 9345, serves. Throws Unreadable.
 */
export async function readDynamicCert(scan: Scan, source: Source, content: Content): Promise<Parts> {
  const data = secretData(content.text);
  const { parsed, problem } = parseAll(splitPem(data.certificate));
  const certificates = [];
  for (const { certificate, text, index } of parsed) {
    certificates.push({
      id: index === 0 ? source.id : `${source.id}#${index}`,
      certificate,
      place: { kind: 'dynamic-cert' as const, path: source.path, index },
      owner: ownerOf(source, certificate),
      key:
        index === 0
          ? await keyInText(scan, { path: source.path, text: data.key, facts: content.facts }, certificate)
          : { state: 'not-expected' as const },
      file: fileFacts(content),
      component: index === 0 ? source.component : null,
      pem: text,
      ca: index === 0 ? source.ca : null,
    });
  }
  return { certificates, problem };
}

function secretData(text: string): { certificate: string; key: string } {
  let data: unknown;
  try {
    data = (JSON.parse(text) as { data?: unknown } | null)?.data;
  } catch {
    const open = !/\}\s*$/.test(text);
    throw new Unreadable(open ? 'half-written' : 'no-certificate', open ? 'ends within its JSON' : 'is no JSON');
  }
  const entry = (name: string) => {
    const value = (data as Record<string, unknown> | null | undefined)?.[name];
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
  };
  return { certificate: entry('tls.crt'), key: entry('tls.key') };
}
