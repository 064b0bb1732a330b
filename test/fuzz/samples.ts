// Real certificates, keys and kubeconfigs of a CA made for the tests, in the kinds that Kubernetes' tools write.

import { DAY } from '../../src/domain/time/duration.ts';
import { dynamicCertText } from '../../testnode/dynamic-cert.ts';
import { kubeconfigText } from '../../testnode/kubeconfig-text.ts';
import { type Issued, issueAuthority, issueCertificate } from '../../testnode/pki.ts';

const NOW = Date.UTC(2026, 10, 24);

export type Samples = { ca: Issued; leaves: Issued[]; kubeconfigs: string[]; dynamicCert: string };

let made: Promise<Samples> | undefined;

export function samples(): Promise<Samples> {
  made ??= make();
  return made;
}

async function make(): Promise<Samples> {
  const validity = { notBefore: NOW - DAY, notAfter: NOW + 365 * DAY };
  const ca = await issueAuthority({ commonName: 'kubernetes', ...validity });
  const sans = ['kubernetes', 'kubernetes.default', '10.96.0.1', '::1'];
  const leaf = (keyType: 'rsa' | 'ec') =>
    issueCertificate({
      ca,
      subject: { commonName: 'kube-apiserver', organizations: ['system:masters'] },
      sans,
      usages: ['server', 'client'],
      keyType,
      ...validity,
    });
  const leaves = [await leaf('ec'), await leaf('rsa')];
  const names = { server: 'https://192.0.2.1:6443', cluster: 'kubernetes', user: 'kubernetes-admin' };
  const kubeconfigs = [
    kubeconfigText({ ...names, ca: { pem: ca.certificatePem }, credentials: leaves[0]! }),
    kubeconfigText({
      ...names,
      ca: { file: '/etc/kubernetes/pki/ca.crt' },
      credentials: { certificateFile: 'client.crt', keyFile: 'client.key' },
    }),
  ];
  return { ca, leaves, kubeconfigs, dynamicCert: dynamicCertText('k3s', leaves[0]!, sans, 7) };
}

export const derOf = ({ certificatePem }: Issued): Buffer =>
  Buffer.from(certificatePem.replaceAll(/-----[A-Z ]+-----|\s/g, ''), 'base64');
