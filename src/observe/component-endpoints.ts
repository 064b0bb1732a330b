import type { Endpoint, ObservedCertificate } from '../domain/model/inventory.ts';
import { localAddress } from './local-address.ts';
import { absolute } from './node-files.ts';
import { portOf } from './port.ts';
import type { StaticPod } from './static-pod-manifest.ts';

/** Where kube-apiserver and etcd listen, as their flags say. */
export function componentEndpoints(
  pods: Pick<StaticPod, 'component' | 'flags'>[],
  certificates: ObservedCertificate[],
): Endpoint[] {
  const idAt = (path: string | undefined, otherwise: string) =>
    certificates.find(({ place }) => place.kind === 'pem' && place.path === absolute(path) && place.index === 0)?.id ??
    otherwise;
  return pods.flatMap(({ component, flags }): Endpoint[] => {
    if (component === 'kube-apiserver') {
      const port = portOf(flags.get('secure-port') ?? 6443);
      const expects = idAt(flags.get('tls-cert-file'), 'apiserver');
      return port !== null
        ? [{ name: 'kube-apiserver', host: localAddress(flags.get('bind-address') ?? null), port, expects }]
        : [];
    }
    if (component !== 'etcd') return [];
    return [
      ...listener('etcd', flags.get('listen-client-urls'), idAt(flags.get('cert-file'), 'etcd-server')),
      ...listener('etcd-peer', flags.get('listen-peer-urls'), idAt(flags.get('peer-cert-file'), 'etcd-peer')),
    ];
  });
}

/** Where another component serves the certificate of `--tls-cert-file`; nowhere without one: it makes one for itself. */
export function tlsEndpoint(
  name: Endpoint['name'],
  flags: ReadonlyMap<string, string>,
  usualPort: number,
  certificates: ObservedCertificate[],
): Endpoint[] {
  const path = absolute(flags.get('tls-cert-file'));
  const port = portOf(flags.get('secure-port') ?? usualPort);
  const file = certificates.find(({ place }) => place.path === path && place.index === 0);
  if (file === undefined || port === null) return [];
  return [{ name, host: localAddress(flags.get('bind-address') ?? null), port, expects: file.id }];
}

/** The loopback address of a list of listening URLs, else the first that speaks TLS. */
function listener(name: 'etcd' | 'etcd-peer', urls: string | undefined, expects: string): Endpoint[] {
  const secure = (urls ?? '').split(',').flatMap((text) => {
    const url = URL.parse(text.trim());
    return url?.protocol === 'https:' ? [url] : [];
  });
  const url = secure.find(({ hostname }) => hostname === '127.0.0.1') ?? secure[0];
  if (url === undefined) return [];
  return [{ name, host: localAddress(url.hostname.replace(/^\[|\]$/g, '')), port: Number(url.port || 443), expects }];
}
