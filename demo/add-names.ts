// The act of the names that the API server's certificate lacks.
import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const KUBEADM_CONFIG = '/etc/kubernetes/kubeadm.yaml';

type Stage = { root: string; show: (...args: string[]) => Promise<void>; say: (text: string) => void };

export async function addNames({ root, show, say }: Stage): Promise<void> {
  const names = ['controlPlaneEndpoint: lb.example.org:6443', 'apiServer:', '  certSANs:', '  - 10.0.0.9'];
  const config = ['apiVersion: kubeadm.k8s.io/v1beta4', 'kind: ClusterConfiguration', ...names, ''].join('\n');
  await writeFile(join(root, KUBEADM_CONFIG), config, { mode: 0o600 });
  say(`\n$ cat ${KUBEADM_CONFIG}\n${config}`);
  await show('status');
  await show('plan', '--now');
  await show('renew', '--yes');
  await showNames(root, say);
}

async function showNames(root: string, say: Stage['say']): Promise<void> {
  const { subjectAltName = '' } = new X509Certificate(await readFile(join(root, 'etc/kubernetes/pki/apiserver.crt')));
  say(`\n$ openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -ext subjectAltName\n    ${subjectAltName}\n`);
}
