import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { CopyOutcome } from '../model/journal.ts';

/**
 * The inventory with what was found in users' kubeconfig copies. observe/ does not open them: a process that runs as the
 * user does. A path in watch.paths that is also a copy is reported once, as a copy.
 */
export function withCopies(inventory: Inventory, outcomes: CopyOutcome[]): Inventory {
  // A service's copy is not listed a second time as a certificate: what watch.paths names stays.
  const paths = new Set(outcomes.flatMap(({ path, service }) => (service === undefined ? [path] : [])));
  const isTwice = (owner: string, path: string) => owner === 'operator' && paths.has(path);
  const others = inventory.certificates.filter(({ owner, place }) => !isTwice(owner, place.path));
  const copies = outcomes.flatMap(({ certificates }) => certificates);
  const users = outcomes.flatMap(({ path, own }) => (own === undefined ? [] : [{ ...own, path }]));
  return {
    ...inventory,
    ...(users.length === 0 ? {} : { users }),
    certificates: [...others, ...copies.map((copy) => withIssuer(copy, others))],
    findings: inventory.findings.filter(({ owner, path }) => !isTwice(owner, path)),
  };
}

/** The process that read it verified the signature; here the CA gets its id. */
function withIssuer(copy: ObservedCertificate, others: ObservedCertificate[]): ObservedCertificate {
  const ca = others.find(
    ({ owner, certificate }) =>
      owner === 'cluster-ca' &&
      certificate.subject === copy.certificate.issuer &&
      certificate.notAfter === copy.issuance.caNotAfter,
  );
  return { ...copy, issuance: { ...copy.issuance, ca: ca?.id ?? null } };
}
