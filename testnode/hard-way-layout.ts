import { kubeconfigText } from './kubeconfig-text.ts';
import type { NodeRecord } from './options.ts';
import type { Issued, Subject } from './pki.ts';
import { issueAuthority, issueCertificate, issueKey, publicKeyPem } from './pki.ts';
import { put } from './put.ts';

export const HARD_WAY_UNITS = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

const DATA = 'var/lib/kubernetes';

/**
 * A controller that somebody set up by hand, as "Kubernetes the hard way" has it: one pair for the API server, for etcd and
 * for every client of them, kubeconfigs for the others, and a unit for each component.
 */
export async function layOutHardWay(root: string, node: NodeRecord): Promise<void> {
  const ca = await issueAuthority({ commonName: 'Kubernetes', notBefore: node.caStarts, notAfter: node.caEnds });
  const issue = (subject: Subject, sans: string[] = []) =>
    issueCertificate({
      ca,
      subject,
      sans,
      usages: ['server', 'client'],
      notBefore: node.caStarts,
      notAfter: node.leafEnds,
    });
  const names = ['kubernetes', 'kubernetes.default', 'localhost', node.nodeName, '127.0.0.1', '10.32.0.1'];
  const pair = await issue({ commonName: 'kubernetes', organizations: ['Kubernetes'] }, names);
  for (const directory of [DATA, 'etc/etcd']) {
    put(root, `${directory}/ca.pem`, ca.certificatePem, 0o644);
    putPair(root, `${directory}/kubernetes`, pair);
  }
  put(root, `${DATA}/ca-key.pem`, ca.keyPem, 0o600);
  const account = await issueKey(node.keys);
  put(root, `${DATA}/service-account-key.pem`, account, 0o600);
  put(root, `${DATA}/service-account.pem`, publicKeyPem(account), 0o644);
  for (const name of ['kube-controller-manager', 'kube-scheduler']) {
    const credentials = await issue({ commonName: `system:${name}`, organizations: [`system:${name}`] });
    put(root, `${DATA}/${name}.kubeconfig`, kubeconfig(node, name, ca, credentials), 0o600);
  }
  put(root, SCHEDULER, `clientConnection:\n  kubeconfig: "/${DATA}/kube-scheduler.kubeconfig"\n`, 0o644);
  for (const [unit, flags] of Object.entries(flagsOf(node))) put(root, unitPath(unit), service(unit, flags), 0o644);
}

export const unitPath = (unit: string): string => `etc/systemd/system/${unit}.service`;

const SCHEDULER = 'etc/kubernetes/config/kube-scheduler.yaml';

function flagsOf({ ports, nodeName }: NodeRecord): Record<string, string[]> {
  const data = `/${DATA}`;
  const pair = (prefix: string) => [
    `--${prefix}cert-file=/etc/etcd/kubernetes.pem`,
    `--${prefix}key-file=/etc/etcd/kubernetes-key.pem`,
    `--${prefix}trusted-ca-file=/etc/etcd/ca.pem`,
  ];
  return {
    etcd: [
      `--name=${nodeName}`,
      ...pair(''),
      ...pair('peer-'),
      '--peer-client-cert-auth',
      '--client-cert-auth',
      `--listen-client-urls=https://127.0.0.1:${ports.etcd}`,
      `--listen-peer-urls=https://127.0.0.1:${ports.etcdPeer}`,
      '--data-dir=/var/lib/etcd',
    ],
    'kube-apiserver': [
      '--authorization-mode=Node,RBAC',
      `--client-ca-file=${data}/ca.pem`,
      `--etcd-cafile=${data}/ca.pem`,
      `--etcd-certfile=${data}/kubernetes.pem`,
      `--etcd-keyfile=${data}/kubernetes-key.pem`,
      `--etcd-servers=https://127.0.0.1:${ports.etcd}`,
      `--kubelet-certificate-authority=${data}/ca.pem`,
      `--kubelet-client-certificate=${data}/kubernetes.pem`,
      `--kubelet-client-key=${data}/kubernetes-key.pem`,
      `--secure-port=${ports.apiserver}`,
      `--service-account-key-file=${data}/service-account.pem`,
      `--service-account-signing-key-file=${data}/service-account-key.pem`,
      `--tls-cert-file=${data}/kubernetes.pem`,
      `--tls-private-key-file=${data}/kubernetes-key.pem`,
    ],
    'kube-controller-manager': [
      '--bind-address=127.0.0.1',
      `--cluster-signing-cert-file=${data}/ca.pem`,
      `--cluster-signing-key-file=${data}/ca-key.pem`,
      `--kubeconfig=${data}/kube-controller-manager.kubeconfig`,
      `--root-ca-file=${data}/ca.pem`,
      `--secure-port=${ports.controllerManager}`,
    ],
    'kube-scheduler': [`--config=/${SCHEDULER}`, `--secure-port=${ports.scheduler}`],
  };
}

function service(unit: string, flags: string[]): string {
  const command = [`/usr/local/bin/${unit}`, ...flags].join(' \\\n  ');
  return `[Unit]\nDescription=${unit}\n\n[Service]\nExecStart=${command}\nRestart=on-failure\nRestartSec=5\n`;
}

function kubeconfig({ ports }: NodeRecord, name: string, ca: Issued, credentials: Issued): string {
  return kubeconfigText({
    server: `https://127.0.0.1:${ports.apiserver}`,
    ca: { pem: ca.certificatePem },
    cluster: 'kubernetes-the-hard-way',
    user: `system:${name}`,
    context: 'default',
    credentials,
  });
}

function putPair(root: string, path: string, issued: Issued): void {
  put(root, `${path}.pem`, issued.certificatePem, 0o644);
  put(root, `${path}-key.pem`, issued.keyPem, 0o600);
}
