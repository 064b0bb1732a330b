import type { Endpoint, ObservedCertificate, ServedCertificate } from '../domain/model/inventory.ts';
import type { Root } from '../host/root.ts';
import { servedCertificate } from '../host/tls.ts';
import { parseCertificate } from '../host/x509.ts';
import { type Credentials, pemCredentials } from './credentials.ts';
import type { Detected } from './detect.ts';
import type { K3sSettings } from './k3s-settings.ts';
import { absolute } from './node-files.ts';

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
  return Promise.all(
    endpoints(node, certificates).map(async (endpoint) =>
      probe(endpoint, certificates, await clientFor(root, endpoint, certificates)),
    ),
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

/** Where the node serves certificates of ours: as the manifests' flags or K3s's settings say. */
export function endpoints(node: Detected, certificates: ObservedCertificate[]): Endpoint[] {
  if (node.k3s !== null) return node.role === 'server' ? ofServer(node.k3s) : [];
  const idAt = (path: string | undefined, otherwise: string) =>
    certificates.find(({ place }) => place.kind === 'pem' && place.path === absolute(path) && place.index === 0)?.id ??
    otherwise;
  return node.pods.flatMap(({ component, flags }): Endpoint[] => {
    if (component === 'kube-apiserver') {
      const port = Number(flags.get('secure-port') ?? 6443);
      const expects = idAt(flags.get('tls-cert-file'), 'apiserver');
      return port > 0 && port < 65_536
        ? [{ name: 'kube-apiserver', host: local(flags.get('bind-address') ?? null), port, expects }]
        : [];
    }
    if (component !== 'etcd') return [];
    return [
      ...listener('etcd', flags.get('listen-client-urls'), idAt(flags.get('cert-file'), 'etcd-server')),
      ...listener('etcd-peer', flags.get('listen-peer-urls'), idAt(flags.get('peer-cert-file'), 'etcd-peer')),
    ];
  });
}

/**
 * K3s's one listener passes the API on. RKE2 runs a kube-apiserver as it is, on all addresses whatever `bind-address` says
 * (pkg/rke2: APIServerBindAddress), and its supervisor listens on a port of its own.
 */
function ofServer({ bindAddress, port, supervisorPort }: K3sSettings): Endpoint[] {
  const host = local(bindAddress);
  if (supervisorPort === null) return [{ name: 'k3s', host, port, expects: 'dynamic-cert' }];
  return [
    { name: 'kube-apiserver', host: '127.0.0.1', port, expects: 'serving-kube-apiserver' },
    { name: 'rke2-supervisor', host, port: supervisorPort, expects: 'dynamic-cert' },
  ];
}

/** The loopback address of a list of listening URLs, else the first that speaks TLS. */
function listener(name: 'etcd' | 'etcd-peer', urls: string | undefined, expects: string): Endpoint[] {
  const secure = (urls ?? '').split(',').flatMap((text) => {
    const url = URL.parse(text.trim());
    return url?.protocol === 'https:' ? [url] : [];
  });
  const url = secure.find(({ hostname }) => hostname === '127.0.0.1') ?? secure[0];
  if (url === undefined) return [];
  return [{ name, host: local(url.hostname.replace(/^\[|\]$/g, '')), port: Number(url.port || 443), expects }];
}

/** A server that listens on every address is asked on loopback. */
function local(address: string | null): string {
  return address === null || address === '' || address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
}

/** etcd asks its clients for a certificate, and logs those that have none. */
function clientFor(root: Root, endpoint: Endpoint, certificates: ObservedCertificate[]): Promise<Credentials | null> {
  if (endpoint.name === 'etcd') return pemCredentials(root, certificates, 'etcd-healthcheck-client');
  if (endpoint.name === 'etcd-peer') return pemCredentials(root, certificates, 'etcd-peer');
  return Promise.resolve(null);
}
