import { readFileSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { authorities, belongsToLocalEtcd, kubeadmCertificates } from './kubeadm-certificates.ts';
import { kubeconfigText } from './kubeconfig-text.ts';
import { writeManifests } from './manifests.ts';
import type { NodeRecord } from './options.ts';
import { versionNumbers } from './options.ts';
import type { Issued } from './pki.ts';
import { issueAuthority, issueCertificate, issueKey, publicKeyPem } from './pki.ts';
import { put, putDirectory } from './put.ts';

/**
 * Everything kubeadm and the kubelet leave on a node: certificates, kubeconfigs, manifests, the kubelet's settings and
 * its own certificates. Simplified: the advertised address is 127.0.0.1.
 */
export async function layOutKubeadm(root: string, node: NodeRecord): Promise<void> {
  const cas = new Map<string, Issued>();
  await Promise.all(
    authorities.map(async ({ name, baseName, commonName }) => {
      const sans = name === 'ca' ? ['kubernetes'] : [];
      const first = node.cluster?.first ?? null;
      if (first !== null) return void cas.set(name, ofFirst(first, baseName));
      cas.set(name, await issueAuthority({ commonName, sans, ...validity(node).ca, keyType: node.keys }));
    }),
  );
  await layOutKubelet(root, node, cas.get('ca')!);
  if (node.kind === 'kubeadm-worker') {
    put(root, 'etc/kubernetes/pki/ca.crt', cas.get('ca')!.certificatePem, 0o644);
    putDirectory(root, 'etc/kubernetes/manifests');
    return;
  }
  await layOutControlPlane(root, node, cas);
  if (node.kind === 'kubeadm-external-etcd') await layOutExternalEtcd(root, node);
  writeManifests(root, node);
  layOutExtras(root, node);
}

/** As `kubeadm join --control-plane` brings them along. */
function ofFirst(root: string, baseName: string): Issued {
  const read = (extension: string) => readFileSync(join(root, `etc/kubernetes/pki/${baseName}.${extension}`), 'utf8');
  return { certificatePem: read('crt'), keyPem: read('key') };
}

function layOutExtras(root: string, node: NodeRecord): void {
  const manifests = join(root, 'etc/kubernetes/manifests');
  if (node.extras.includes('kube-vip')) put(root, 'etc/kubernetes/manifests/kube-vip.yaml', KUBE_VIP, 0o600);
  if (!node.extras.includes('kubelet-drop-in')) return;
  renameSync(manifests, join(root, 'etc/kubelet.d'));
  const command = '/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --pod-manifest-path=/etc/kubelet.d';
  const dropIn = `[Service]\nExecStart=\nExecStart=${command}\n`;
  put(root, 'etc/systemd/system/kubelet.service.d/20-manifests.conf', dropIn, 0o644);
}

const KUBE_VIP = `apiVersion: v1
kind: Pod
metadata:
  name: kube-vip
  namespace: kube-system
spec:
  containers:
  - args: [manager]
    image: ghcr.io/kube-vip/kube-vip:v1.0.0
    name: kube-vip
    volumeMounts:
    - mountPath: /etc/kubernetes/admin.conf
      name: kubeconfig
  hostNetwork: true
  volumes:
  - hostPath:
      path: /etc/kubernetes/admin.conf
    name: kubeconfig
`;

async function layOutControlPlane(root: string, node: NodeRecord, cas: Map<string, Issued>): Promise<void> {
  const pki = 'etc/kubernetes/pki';
  const localEtcd = node.kind !== 'kubeadm-external-etcd';
  const minor = versionNumbers(node.version)[1];
  for (const { name, baseName } of authorities) {
    if (name === 'etcd-ca' && !localEtcd) continue;
    put(root, `${pki}/${baseName}.crt`, cas.get(name)!.certificatePem, 0o644);
    if (name === 'ca' && node.kind === 'kubeadm-external-ca') continue;
    put(root, `${pki}/${baseName}.key`, cas.get(name)!.keyPem, 0o600);
  }
  const serviceAccountKey = await issueKey(node.keys);
  put(root, `${pki}/sa.key`, serviceAccountKey, 0o600);
  put(root, `${pki}/sa.pub`, publicKeyPem(serviceAccountKey), 0o600);
  await Promise.all(
    kubeadmCertificates(minor).map(async (certificate) => {
      if (belongsToLocalEtcd(certificate) && !localEtcd) return;
      const subject = certificate.subject({ nodeName: node.nodeName, minor });
      const issued = await issueCertificate({
        ca: cas.get(certificate.ca)!,
        subject,
        sans: certificate.sans?.(node) ?? [],
        usages: certificate.usages,
        ...validity(node).leaf,
        keyType: node.keys,
      });
      if (certificate.kubeconfig) {
        const text = kubeconfigOf(node, cas.get('ca')!, subject.commonName, issued);
        put(root, `etc/kubernetes/${certificate.baseName}`, text, 0o600);
      } else {
        put(root, `${pki}/${certificate.baseName}.crt`, issued.certificatePem, 0o644);
        put(root, `${pki}/${certificate.baseName}.key`, issued.keyPem, 0o600);
      }
    }),
  );
  if (localEtcd) putDirectory(root, 'var/lib/etcd', 0o700);
}

function kubeconfigOf(node: NodeRecord, ca: Issued, user: string, credentials: Issued): string {
  return kubeconfigText({
    server: `https://${node.cluster?.address ?? '127.0.0.1'}:${node.ports.apiserver}`,
    ca: { pem: ca.certificatePem },
    cluster: 'kubernetes',
    user,
    credentials,
  });
}

async function layOutKubelet(root: string, node: NodeRecord, ca: Issued): Promise<void> {
  const user = `system:node:${node.nodeName}`;
  const client = await issueCertificate({
    ca,
    subject: { commonName: user, organizations: ['system:nodes'] },
    usages: ['client'],
    ...validity(node).kubelet,
  });
  const made = new Date(node.caStarts).toISOString().slice(0, 19).replaceAll(':', '-').replace('T', '-');
  put(root, `var/lib/kubelet/pki/kubelet-client-${made}.pem`, `${client.certificatePem}${client.keyPem}`, 0o600);
  // The kubelet's link is absolute; here it is relative, so that it leads to the same file under any root.
  symlinkSync(`kubelet-client-${made}.pem`, join(root, 'var/lib/kubelet/pki/kubelet-client-current.pem'));
  const current = '/var/lib/kubelet/pki/kubelet-client-current.pem';
  const kubeconfig = kubeconfigText({
    server: `https://${node.cluster?.address ?? '127.0.0.1'}:${node.ports.apiserver ?? 6443}`,
    ca: { pem: ca.certificatePem },
    cluster: 'kubernetes',
    user,
    credentials: { certificateFile: current, keyFile: current },
  });
  put(root, 'etc/kubernetes/kubelet.conf', kubeconfig, 0o600);
  await layOutKubeletServing(root, node);
  put(root, 'var/lib/kubelet/config.yaml', kubeletConfig(node), 0o644);
}

// Without serverTLSBootstrap the kubelet serves a certificate of a CA that it made, and forgot, at its first start.
async function layOutKubeletServing(root: string, node: NodeRecord): Promise<void> {
  const stamp = Math.floor(node.caStarts / 1000);
  const ca = await issueAuthority({
    commonName: `${node.nodeName}-ca@${stamp}`,
    ...validity(node).kubelet,
    keyType: node.keys,
  });
  const serving = await issueCertificate({
    ca,
    subject: { commonName: `${node.nodeName}@${stamp}` },
    sans: [node.nodeName],
    usages: ['server'],
    ...validity(node).kubelet,
    keyType: node.keys,
  });
  put(root, 'var/lib/kubelet/pki/kubelet.crt', `${serving.certificatePem}${ca.certificatePem}`, 0o644);
  put(root, 'var/lib/kubelet/pki/kubelet.key', serving.keyPem, 0o600);
}

// The external etcd is another machine's: its own files are kept where no tool of the node looks.
async function layOutExternalEtcd(root: string, node: NodeRecord): Promise<void> {
  const ca = await issueAuthority({ commonName: 'external-etcd-ca', ...validity(node).ca, keyType: node.keys });
  const common = { ca, ...validity(node).leaf, keyType: node.keys };
  const [client, server] = await Promise.all([
    issueCertificate({ ...common, subject: { commonName: 'apiserver-of-demo' }, usages: ['client'] }),
    issueCertificate({
      ...common,
      subject: { commonName: 'external-etcd' },
      sans: ['localhost', '127.0.0.1'],
      usages: ['server', 'client'],
    }),
  ]);
  const near = 'etc/kubernetes/pki/external-etcd';
  put(root, `${near}/ca.crt`, ca.certificatePem, 0o644);
  put(root, `${near}/client.crt`, client.certificatePem, 0o644);
  put(root, `${near}/client.key`, client.keyPem, 0o600);
  const far = 'run/demo/external-etcd';
  put(root, `${far}/ca.crt`, ca.certificatePem, 0o644);
  put(root, `${far}/server.crt`, server.certificatePem, 0o644);
  put(root, `${far}/server.key`, server.keyPem, 0o600);
}

function kubeletConfig(node: NodeRecord): string {
  return `apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    cacheTTL: 0s
    enabled: true
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
cgroupDriver: systemd
clusterDNS:
- 10.96.0.10
clusterDomain: cluster.local
fileCheckFrequency: 0s
healthzBindAddress: 127.0.0.1
healthzPort: ${node.ports.kubeletHealthz}
kind: KubeletConfiguration
port: ${node.ports.kubelet}
rotateCertificates: true
staticPodPath: /etc/kubernetes/manifests
`;
}

// From v1.31 on a leaf is valid from five minutes before it was signed; before, from the start of its CA.
function leafStarts(node: NodeRecord): number {
  if (versionNumbers(node.version)[1] < 31) return node.caStarts;
  const signed = node.leafEnds - node.grantedDays * 86_400_000;
  return Math.max(node.caStarts + 60_000, Math.min(signed, Date.now()) - 300_000);
}

function validity(node: NodeRecord) {
  return {
    ca: { notBefore: node.caStarts, notAfter: node.caEnds },
    leaf: { notBefore: leafStarts(node), notAfter: node.leafEnds },
    kubelet: { notBefore: node.caStarts, notAfter: node.kubeletEnds },
  };
}
