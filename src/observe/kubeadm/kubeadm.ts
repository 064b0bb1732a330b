import { dirname } from 'node:path';
import { roleOf } from '../../domain/distributions/index.ts';
import type { Root } from '../../host/root.ts';
import { commandOfDropIns, type UnitList } from '../../host/unit-files.ts';
import { componentEndpoints } from '../component-endpoints.ts';
import { KUBELET, kubeletClient, kubeletUnit, readKubeletSettings } from '../kubelet-settings.ts';
import { readManifests } from '../manifests.ts';
import { absolute, exists } from '../node-files.ts';
import { bytesIn } from '../observe-rehearsal.ts';
import type { Candidate } from '../observer.ts';
import { versionOf } from '../program-version.ts';
import type { StaticPod } from '../static-pod-manifest.ts';
import { kubeadmApiServer } from './kubeadm-api-server.ts';
import { kubeadmCaKeys } from './kubeadm-ca-keys.ts';
import { kubeadmComponents } from './kubeadm-components.ts';
import { observeLoopback } from './kubeadm-loopback.ts';
import { observeNeighbours } from './kubeadm-neighbours.ts';
import { kubeadmSources } from './kubeadm-sources.ts';
import { otherRenewers } from './other-renewers.ts';

/** A kubeadm node is known by its files; the kubelet's configuration and the manifests say where they are. */
export async function kubeadm(root: Root, units: UnitList): Promise<Candidate[]> {
  const installed = await kubeletUnit(root, units);
  const kubelet = await readKubeletSettings(root, installed?.argv ?? (await commandOfDropIns(root, KUBELET)));
  const { manifestsDir } = kubelet;
  const { pods, neighbours, findings } = await readManifests(root, manifestsDir);
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
    there(kubelet.configFile),
  ]);
  const apiserver = { path: `${manifestsDir}/kube-apiserver.yaml`, there: pods.some(is('kube-apiserver')) };
  const controlPlane = [apiserver, server, admin, caKey].some((mark) => mark.there);
  const marks = controlPlane ? [apiserver, server, admin, ca, kubeletConf, config] : [kubeletConf, ca, config];
  // RKE2 and K3s have a kubelet and its directories too: without kubelet.conf these are not a trace of kubeadm.
  const traces = controlPlane || kubeletConf.there ? marks.filter((mark) => mark.there).length : 0;
  const role = controlPlane ? 'control-plane' : 'worker';
  const paths = {
    certificatesDir,
    kubeconfigDir,
    manifestsDir,
    dataDir: null,
    adminKubeconfig: controlPlane ? adminKubeconfig : null,
  };
  const candidate: Candidate = {
    traces,
    remains: traces > 0 && (server.there || ca.there || caKey.there) ? certificatesDir : kubeconfigDir,
    isInstalled: installed !== null,
    isEnabled: installed?.isEnabled === true,
    node: {
      distribution: 'kubeadm',
      role,
      unit: installed?.name ?? roleOf({ distribution: 'kubeadm', role })?.unit ?? KUBELET,
      paths,
      missing: marks.filter((mark) => !mark.there).map((mark) => mark.path),
      findings,
      neighbours: () => observeNeighbours(root, neighbours, kubelet),
      sources: () => kubeadmSources(root, { role, paths, pods, kubelet }),
      version: () => versionOf(root, 'kubeadm', ['version', '-o', 'short']),
      endpoints: (certificates) => componentEndpoints(pods, certificates),
      components: (unit) => kubeadmComponents(root, { role, kubelet, pods }, unit),
      loopback: (components, certificates) => observeLoopback(components, componentEndpoints(pods, certificates)),
      kubelet: () => kubeletClient(root, kubelet),
      ...(controlPlane
        ? {
            apiServer: (config) => kubeadmApiServer(root, { pods, paths }, config),
            rehearsal: async () => ({
              datastore: null,
              copyBytes: await bytesIn(root, [kubeconfigDir, certificatesDir]),
            }),
          }
        : {}),
      // kubeadm restarts nothing that would replace a CA.
      hazards: async () => [],
      otherRenewers: async () => (controlPlane ? otherRenewers(root, units, kubelet) : []),
      caKeys: (reads, certificates) => (controlPlane ? kubeadmCaKeys(reads, certificates) : []),
    },
  };
  return [candidate];
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
