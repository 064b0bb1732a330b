import { dirname } from 'node:path';
import type { Distribution, NodePaths, Role } from '../domain/model/inventory.ts';
import type { Root } from '../host/root.ts';
import { type K3sSettings, readK3sSettings } from './k3s-settings.ts';
import { readStaticPods, type StaticPod } from './manifests.ts';
import { absolute, exists, settings } from './node-files.ts';

/** What kind of node this is, by what is there, and where it keeps its things. */
export type Detected = {
  distribution: Distribution | null;
  role: Role | null;
  paths: NodePaths;
  pods: StaticPod[];
  /** K3s and RKE2. */
  k3s: K3sSettings | null;
  missing: string[];
};

type Candidate = Detected & { traces: number };

/** The kind of node with the most traces; what it lacks, and traces of another kind, are told in `missing`. */
export async function detect(root: Root): Promise<Detected> {
  const candidates = await Promise.all([kubeadm(root), k3s(root, 'k3s'), k3s(root, 'rke2')]);
  const found = candidates.filter(({ traces }) => traces > 0).sort((a, b) => b.traces - a.traces);
  const { traces: _, ...best } = found[0] ?? candidates[0];
  if (found.length === 0)
    return { ...best, distribution: null, role: null, missing: ['any trace of kubeadm, K3s or RKE2'] };
  const others = found
    .slice(1)
    .map((other) => `nothing, but there are also traces of ${other.distribution} that are not looked at`);
  return { ...best, missing: [...best.missing, ...others] };
}

async function kubeadm(root: Root): Promise<Candidate> {
  const kubelet = await settings(root, '/var/lib/kubelet/config.yaml');
  const manifestsDir = absolute(kubelet?.staticPodPath) ?? '/etc/kubernetes/manifests';
  const pods = await readStaticPods(root, manifestsDir);
  const certificatesDir = await certificatesDirectory(root, pods);
  const manager = flag(pods, 'kube-controller-manager', 'kubeconfig');
  const kubeconfigDir = manager === null ? '/etc/kubernetes' : dirname(manager);
  const adminKubeconfig = `${kubeconfigDir}/admin.conf`;
  const there = async (path: string) => ({ path, there: await exists(root, path) });
  const [server, caKey, admin, ca, kubeletConf, config] = await Promise.all([
    there(`${certificatesDir}/apiserver.crt`),
    there(`${certificatesDir}/ca.key`),
    there(adminKubeconfig),
    there(`${certificatesDir}/ca.crt`),
    there(`${kubeconfigDir}/kubelet.conf`),
    there('/var/lib/kubelet/config.yaml'),
  ]);
  const apiserver = { path: `${manifestsDir}/kube-apiserver.yaml`, there: pods.some(is('kube-apiserver')) };
  const controlPlane = [apiserver, server, admin, caKey].some((mark) => mark.there);
  const marks = controlPlane ? [apiserver, server, admin, ca, kubeletConf, config] : [kubeletConf, ca, config];
  // RKE2 and K3s have a kubelet and its directories too: without kubelet.conf these are no trace of kubeadm.
  const traces = controlPlane || kubeletConf.there ? marks.filter((mark) => mark.there).length : 0;
  return {
    distribution: 'kubeadm',
    role: controlPlane ? 'control-plane' : 'worker',
    paths: {
      certificatesDir,
      kubeconfigDir,
      manifestsDir,
      dataDir: null,
      adminKubeconfig: controlPlane ? adminKubeconfig : null,
    },
    pods,
    k3s: null,
    missing: marks.filter((mark) => !mark.there).map((mark) => mark.path),
    traces,
  };
}

/** The directory that holds kubeadm's own certificates: next to the client CA, or the serving certificate, in the manifest. */
async function certificatesDirectory(root: Root, pods: StaticPod[]): Promise<string> {
  const named = ['client-ca-file', 'tls-cert-file']
    .map((name) => flag(pods, 'kube-apiserver', name))
    .flatMap((path) => (path === null ? [] : [dirname(path)]));
  for (const directory of named) if (await exists(root, `${directory}/ca.crt`)) return directory;
  return named[0] ?? '/etc/kubernetes/pki';
}

const is = (component: StaticPod['component']) => (pod: StaticPod) => pod.component === component;

function flag(pods: StaticPod[], component: StaticPod['component'], name: string): string | null {
  return absolute(pods.find(is(component))?.flags.get(name));
}

async function k3s(root: Root, distribution: 'k3s' | 'rke2'): Promise<Candidate> {
  const told = await readK3sSettings(root, distribution);
  const { dataDir } = told;
  const there = async (path: string) => ({ path, there: await exists(root, path) });
  const [tls, kubeconfig, serverCa, kubelet, agentCa] = await Promise.all([
    there(`${dataDir}/server/tls`),
    there(told.kubeconfig),
    there(`${dataDir}/server/tls/server-ca.crt`),
    there(`${dataDir}/agent/client-kubelet.crt`),
    there(`${dataDir}/agent/client-ca.crt`),
  ]);
  const server = tls.there || kubeconfig.there;
  const marks = server ? [tls, kubeconfig, serverCa] : [kubelet, agentCa];
  return {
    distribution,
    role: server ? 'server' : 'agent',
    paths: {
      certificatesDir: server ? `${dataDir}/server/tls` : `${dataDir}/agent`,
      kubeconfigDir: server ? `${dataDir}/server/cred` : `${dataDir}/agent`,
      manifestsDir: null,
      dataDir,
      adminKubeconfig: server ? told.kubeconfig : null,
    },
    pods: [],
    k3s: told,
    missing: marks.filter((mark) => !mark.there).map((mark) => mark.path),
    traces: [tls, kubeconfig, serverCa, kubelet, agentCa].filter((mark) => mark.there).length,
  };
}
