import type { Root } from '../host/root.ts';
import type { KubeletSettings } from './kubelet-settings.ts';
import { exists } from './node-files.ts';
import { type Source, source } from './source.ts';

/** The kubelet's own: what its kubeconfig refers to (it rotates that itself) and what it serves on 10250. */
export async function kubeletSources(
  root: Root,
  kubeconfig: string,
  {
    certificatesDir,
    servingCertificate: given,
    servingKey: givenKey,
  }: Pick<KubeletSettings, 'certificatesDir' | 'servingCertificate' | 'servingKey'>,
): Promise<Source[]> {
  const rotated = `${certificatesDir}/kubelet-server-current.pem`;
  const serving = given ?? ((await exists(root, rotated)) ? rotated : `${certificatesDir}/kubelet.crt`);
  const servingKey = givenKey ?? serving.replace(/\.crt$/, '.key');
  const kubelet = { owner: 'kubelet', component: 'kubelet' } as const;
  return [
    source({ id: 'kubelet.conf', path: kubeconfig, format: 'kubeconfig', ca: 'ca', ...kubelet }),
    source({
      id: 'kubelet-client',
      path: `${certificatesDir}/kubelet-client-current.pem`,
      format: 'pem',
      ca: 'ca',
      // It does not exist when kubelet.conf holds the certificate itself or refers to another file.
      presence: 'optional',
      ...kubelet,
    }),
    source({
      id: 'kubelet-serving',
      path: serving,
      format: 'pem',
      ...kubelet,
      owner: given === null ? 'kubelet' : 'operator',
      key: { path: servingKey, expected: serving !== rotated },
      presence: 'optional',
    }),
  ];
}
