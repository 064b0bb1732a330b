import { basename, dirname } from 'node:path';
import type { ComponentHealth } from '../domain/model/inventory.ts';
import { absolute } from './node-files.ts';
import { type Source, source } from './source.ts';
import type { StaticPod } from './static-pod-manifest.ts';

type Named = Pick<Source, 'path' | 'format' | 'key'>;

/**
 * What the flags of components name and is not known otherwise: an operator's serving certificates, the client of an external etcd and
 * its CA, other kubeconfigs. Each file once.
 */
export function namedByFlags(
  components: (Pick<StaticPod, 'flags' | 'arguments'> & { component: ComponentHealth['name'] })[],
  known: Source[],
): Source[] {
  const paths = new Set(known.map(({ path }) => path));
  return components.flatMap((one) =>
    [...pairs(one), ...sniPairs(one), ...authorities(one), ...kubeconfigs(one)].flatMap((named) => {
      if (paths.has(named.path)) return [];
      paths.add(named.path);
      return [source({ id: named.path, owner: 'operator', component: one.component, ...named })];
    }),
  );
}

/** Certificate and key, each in a flag of its own. */
const PAIRS: Record<string, string> = {
  'tls-cert-file': 'tls-private-key-file',
  'etcd-certfile': 'etcd-keyfile',
  'kubelet-client-certificate': 'kubelet-client-key',
  'proxy-client-cert-file': 'proxy-client-key-file',
  'cert-file': 'key-file',
  'client-cert-file': 'client-key-file',
  'peer-cert-file': 'peer-key-file',
  'peer-client-cert-file': 'peer-client-key-file',
};

function pairs({ flags }: Pick<StaticPod, 'flags'>): Named[] {
  return Object.entries(PAIRS).flatMap(([certificate, key]) => pair(flags.get(certificate), flags.get(key)));
}

/** `--tls-sni-cert-key=CERTIFICATE,KEY[:NAMES]`, which may be there several times. */
function sniPairs({ arguments: words }: Pick<StaticPod, 'arguments'>): Named[] {
  return words.flatMap((word, at) => {
    const [, value = words[at + 1]] = /^--?tls-sni-cert-key(?:=(.*))?$/s.exec(word) ?? [null, ''];
    const [certificate, key] = (value ?? '').replace(/:.*$/s, '').split(',');
    return pair(certificate, key);
  });
}

function pair(certificate: string | undefined, key: string | undefined): Named[] {
  const path = absolute(certificate);
  if (path === null) return [];
  const keyPath = absolute(key) ?? `${dirname(path)}/${basename(path, '.crt')}.key`;
  return [{ path, format: 'pem', key: { path: keyPath, expected: true } }];
}

const AUTHORITIES = [
  'client-ca-file',
  'requestheader-client-ca-file',
  'etcd-cafile',
  'kubelet-certificate-authority',
  'root-ca-file',
  'cluster-signing-cert-file',
  'trusted-ca-file',
  'peer-trusted-ca-file',
];

function authorities({ flags }: Pick<StaticPod, 'flags'>): Named[] {
  return AUTHORITIES.flatMap((name) => {
    const path = absolute(flags.get(name));
    return path === null ? [] : [{ path, format: 'pem' as const, key: null }];
  });
}

const KUBECONFIGS = ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig'];

/** `any`: one with a token instead of a certificate is as good. */
function kubeconfigs({ flags }: Pick<StaticPod, 'flags'>): Named[] {
  return KUBECONFIGS.flatMap((name) => {
    const path = absolute(flags.get(name));
    return path === null ? [] : [{ path, format: 'any' as const, key: null }];
  });
}
