import { rulesOfNode } from '../domain/distributions/index.ts';
import type { Endpoint, ObservedCertificate, ServedCertificate } from '../domain/model/inventory.ts';
import type { Root } from '../host/root.ts';
import { servedCertificate } from '../host/tls.ts';
import { parseCertificate } from '../host/x509.ts';
import { type Credentials, pemCredentials } from './credentials.ts';
import type { Detected } from './observer.ts';

const LIMIT = 3_000;

/**
 * What the node's servers really serve, compared with the leaves on disk, all asked at once. Not asked: 10257, 10259 and
 * the kubelet's 10250, which serve self-signed certificates of their own.
 */
export function probeServed(
  root: Root,
  node: Detected,
  certificates: ObservedCertificate[],
): Promise<ServedCertificate[]> {
  const clients = rulesOfNode(node)?.clientCertificates ?? {};
  return Promise.all(
    node.endpoints(certificates).map(async (endpoint) => {
      const id = clients[endpoint.name];
      return probe(endpoint, certificates, id === undefined ? null : await pemCredentials(root, certificates, id));
    }),
  );
}

async function probe(
  endpoint: Endpoint,
  certificates: ObservedCertificate[],
  client: Credentials | null,
): Promise<ServedCertificate> {
  try {
    const options = client === null ? { limit: LIMIT } : { limit: LIMIT, client };
    const served = parseCertificate(await servedCertificate(endpoint.host, endpoint.port, options));
    const onDisk = certificates.find(({ id }) => id === endpoint.expects);
    if (onDisk === undefined)
      return {
        endpoint,
        state: 'unreachable',
        detail: 'serves a certificate, but there is none on disk to compare it with',
      };
    const { serial, fingerprint, notAfter, subject } = served;
    const state = onDisk.certificate.fingerprint === fingerprint ? 'current' : 'stale';
    return { endpoint, state, certificate: { serial, fingerprint, notAfter, subject } };
  } catch (error) {
    return { endpoint, state: 'unreachable', detail: error instanceof Error ? error.message : String(error) };
  }
}
