import { X509Certificate } from 'node:crypto';
import { isSignedBy } from './x509.ts';

/** More intermediate CAs than any chain needs. */
const MOST = 16;

/**
 * The intermediate CAs between the first certificate and `ca`, in the order in which a server sends them: none where `ca` has signed it
 * itself, null where no chain leads to `ca`. The certificates that follow the first are in any order, and may be more than are needed.
 */
export function pathTo<T extends string | Buffer>(certificates: readonly T[], ca: string | Buffer): T[] | null {
  const [first, ...others] = certificates;
  if (first === undefined) return null;
  return search(first, new Set(others.filter(isAuthority).slice(0, MOST)), ca);
}

/** Whether `ca` has signed the first certificate, itself or through the others. */
export function leadsTo(certificates: readonly (string | Buffer)[], ca: string | Buffer): boolean {
  return pathTo(certificates, ca) !== null;
}

/** Each of the others is tried once: where it leads nowhere, it leads nowhere from another one either. */
function search<T extends string | Buffer>(below: T, others: Set<T>, ca: string | Buffer): T[] | null {
  if (isSignedBy(below, ca)) return [];
  for (const next of others) {
    if (!isSignedBy(below, next)) continue;
    others.delete(next);
    const rest = search(next, others, ca);
    if (rest !== null) return [next, ...rest];
  }
  return null;
}

function isAuthority(certificate: string | Buffer): boolean {
  try {
    return new X509Certificate(certificate).ca;
  } catch {
    return false;
  }
}
