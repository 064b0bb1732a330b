import type { X509Certificate } from 'node:crypto';
import type { CertificateParts, Extension } from './certificate-parts.ts';
import { derAt, derChildren } from './der.ts';

/**
 * Why the CAs of a chain may not have issued its first certificate, in words that follow "the certificate"; null: they may, as far as
 * certagent judges. The last one is the CA of the cluster. Go checks all of this; certagent does not judge constraints on names, and
 * refuses an intermediate CA that has some.
 */
export function whyConstrained(chain: X509Certificate[], parts: CertificateParts[]): string | null {
  const usages = chain[0]!.keyUsage ?? [];
  for (const [index, ca] of chain.entries()) {
    if (index === 0) continue;
    const { extensions } = parts[index]!;
    const name = ca.subject.replaceAll('\n', ', ');
    const most = pathLength(extensions);
    if (most !== null && most < index - 1)
      return `comes through ${index - 1} intermediate ${index === 2 ? 'CA' : 'CAs'} below "${name}", whose path length allows ${most}`;
    if (index === chain.length - 1) break;
    if (extensions.some(({ oid }) => oid === NAME_CONSTRAINTS))
      return `comes through a CA ("${name}") with constraints on names, which certagent cannot check`;
    const allowed = ca.keyUsage ?? [];
    const lacking = usages.filter((usage) => !allowed.includes(usage));
    if (allowed.length > 0 && !allowed.includes(ANY_USAGE) && lacking.length > 0)
      return `comes through a CA ("${name}") that may not issue certificates for the usage ${lacking.join(', ')}`;
  }
  return null;
}

const [BASIC_CONSTRAINTS, NAME_CONSTRAINTS] = ['2.5.29.19', '2.5.29.30'];
/** anyExtendedKeyUsage */
const ANY_USAGE = '2.5.29.37.0';
const INTEGER = 0x02;

/** How many intermediate CAs may follow; null: as many as there are. */
function pathLength(extensions: Extension[]): number | null {
  const value = extensions.find(({ oid }) => oid === BASIC_CONSTRAINTS)?.value;
  const list = value === undefined ? null : derAt(value, 0);
  const length = list === null ? undefined : derChildren(value!, list).find(({ tag }) => tag === INTEGER);
  return length === undefined ? null : value!.readUIntBE(length.start, Math.min(6, length.end - length.start));
}
