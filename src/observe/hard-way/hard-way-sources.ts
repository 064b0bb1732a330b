import type { Root } from '../../host/root.ts';
import { KUBELET, type KubeletSettings } from '../kubelet-settings.ts';
import { namedByFlags } from '../named-files.ts';
import { exists } from '../node-files.ts';
import { type Source, source } from '../source.ts';
import type { Program } from './hard-way-programs.ts';

/** What the flags of the components name: the leaves are the operator's, the CAs the cluster's. Each file once. */
export async function hardWaySources(root: Root, programs: Program[], kubelet: KubeletSettings): Promise<Source[]> {
  const all = (await Promise.all(programs.map((program) => sourcesOf(root, program, kubelet)))).flat();
  return [...new Map(all.toReversed().map((one) => [one.path, one])).values()].toReversed();
}

/** The files that one component's flags, and the kubelet's configuration, name. */
export async function sourcesOf(root: Root, program: Program, kubelet: KubeletSettings): Promise<Source[]> {
  if (program.name === KUBELET) return kubeletSources(root, kubelet);
  const named = namedByFlags([{ ...program, component: program.name }], []);
  return named.map((one) => (isAuthority(one) ? { ...one, owner: 'cluster-ca' } : one));
}

const isAuthority = ({ format, key }: Source): boolean => format === 'pem' && key === null;

/** It may rotate its client's certificate; what it serves it makes itself, unless it is given one. */
async function kubeletSources(root: Root, kubelet: KubeletSettings): Promise<Source[]> {
  const { certificatesDir, kubeconfig, clientCa, servingCertificate, servingKey } = kubelet;
  const rotated = `${certificatesDir}/kubelet-client-current.pem`;
  const isRotated = await exists(root, rotated);
  const owner = isRotated ? 'kubelet' : 'operator';
  const pem = { format: 'pem', component: KUBELET } as const;
  return [
    ...(kubeconfig === null
      ? []
      : [source({ id: 'kubelet-kubeconfig', path: kubeconfig, format: 'any', owner, component: KUBELET })]),
    ...(isRotated ? [source({ id: 'kubelet-client', path: rotated, owner, ...pem })] : []),
    ...(clientCa === null ? [] : [source({ id: clientCa, path: clientCa, owner: 'cluster-ca', ...pem })]),
    servingCertificate === null
      ? source({
          id: 'kubelet-serving',
          path: `${certificatesDir}/kubelet.crt`,
          owner: 'kubelet',
          key: { path: `${certificatesDir}/kubelet.key`, expected: true },
          presence: 'optional',
          ...pem,
        })
      : source({
          id: servingCertificate,
          path: servingCertificate,
          owner: 'operator',
          key: servingKey === null ? null : { path: servingKey, expected: true },
          ...pem,
        }),
  ];
}
