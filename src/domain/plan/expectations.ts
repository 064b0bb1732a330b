import { lifetime } from '../model/certificate.ts';
import type { Endpoint, Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { Expectation, ServedExpectation, Step } from '../model/plan.ts';
import type { Draft } from './draft.ts';

/** Ids of the certificates to show to servers that ask their clients for one. */
type ClientCertificates = Partial<Record<Endpoint['name'], string>>;

export function servedSteps(draft: Draft, clients: ClientCertificates = {}): Step[] {
  const endpoints = served(draft, clients);
  return endpoints.length === 0 ? [] : [{ kind: 'verify-served', endpoints, limit: draft.settings.limits.served }];
}

/** The node's endpoints whose certificate's file is known, with the certificate that they may ask for. */
export function served({ inventory }: Pick<Draft, 'inventory'>, clients: ClientCertificates = {}): ServedExpectation[] {
  const byName = new Map(inventory.certificates.map((one) => [one.id, one]));
  return inventory.served.flatMap(({ endpoint }) => {
    const file = byName.get(endpoint.expects);
    if (file === undefined) return [];
    const credentials = byName.get(clients[endpoint.name] ?? '');
    const client =
      credentials === undefined
        ? {}
        : { client: { certificatePath: credentials.place.path, keyPath: keyPath(credentials) } };
    return [{ ...endpoint, path: file.place.path, ...client }];
  });
}

export function expectation(observed: ObservedCertificate, inventory: Inventory): Expectation {
  const { serial, notBefore, notAfter, sans, usages, subject, organizations, keyType } = observed.certificate;
  const ca = inventory.certificates.find(({ id }) => id === observed.issuance.ca);
  const granted =
    ca !== undefined && notBefore > ca.certificate.notBefore ? { granted: lifetime(observed.certificate) } : {};
  return {
    id: observed.id,
    path: observed.place.path,
    keyPath: keyPath(observed),
    caPath: ca?.place.path ?? null,
    old: { serial, notAfter, sans, usages, subject, organizations, keyType, ...granted },
  };
}

/** Certificates and keys by name, each file once. A key that does not exist cannot be backed up. */
export function filesOf(certificates: ObservedCertificate[]): string[] {
  const files = certificates.flatMap(({ place, key }) =>
    key.state === 'matches' || key.state === 'differs' ? [place.path, key.path] : [place.path],
  );
  return [...new Set(files)].sort();
}

function keyPath({ key, place }: ObservedCertificate): string {
  return key.state === 'not-expected' ? place.path : key.path;
}
