import { dirname } from 'node:path';
import { explain } from '../../domain/model/errors.ts';
import type { ComponentHealth, Endpoint, ObservedCertificate } from '../../domain/model/inventory.ts';
import type { Root } from '../../host/root.ts';
import { unitState } from '../../host/systemd.ts';
import { componentEndpoints, tlsEndpoint } from '../component-endpoints.ts';
import { KUBELET, type KubeletSettings, readKubeletSettings } from '../kubelet-settings.ts';
import { readManifests } from '../manifests.ts';
import { NO_PROCESS } from '../no-process.ts';
import { absolute, exists } from '../node-files.ts';
import type { Observer } from '../observer.ts';
import { isOfControlPlane, type Program, readPrograms } from './hard-way-programs.ts';
import { hardWaySources, sourcesOf } from './hard-way-sources.ts';

/** A node set up by hand is known by its units: one runs a component of the control plane, or a kubelet that is not kubeadm's. */
export const hardWay: Observer = async (root, units) => {
  const programs = await readPrograms(root, units);
  const kubelet = await readKubeletSettings(root, programs.find(({ name }) => name === KUBELET)?.unit.argv ?? []);
  const isControlPlane = programs.some(isOfControlPlane);
  const main = isControlPlane ? programs[0] : programs.find(({ name }) => name === KUBELET);
  if (main === undefined || !(isControlPlane || (await isSetUpByHand(root, kubelet)))) return [];
  const sources = await hardWaySources(root, programs, kubelet);
  const files = await Promise.all(sources.map(({ path }) => exists(root, path)));
  const certificatesDir = dirname(absolute(main.flags.get('tls-cert-file')) ?? kubelet.kubeconfig ?? sources[0]!.path);
  return [
    {
      traces: programs.length + files.filter(Boolean).length,
      remains: certificatesDir,
      isInstalled: true,
      isEnabled: main.unit.isEnabled,
      node: {
        distribution: 'hard-way',
        role: isControlPlane ? 'control-plane' : 'worker',
        unit: main.unit.name,
        paths: {
          certificatesDir,
          kubeconfigDir: certificatesDir,
          manifestsDir: null,
          dataDir: null,
          adminKubeconfig: null,
        },
        missing: [],
        sources: async () => sources,
        // Each component has its own.
        version: async () => null,
        endpoints: (certificates) => endpoints(programs, kubelet, certificates),
        components: () => Promise.all(programs.map((program) => component(root, program, kubelet))),
        // certagent restarts nothing here.
        hazards: async () => [],
        caKeys: () => [],
      },
    },
  ];
};

/** kubeadm's kubelet uses the kubeconfig that kubeadm wrote, and runs the control plane. */
async function isSetUpByHand(root: Root, { kubeconfig, manifestsDir }: KubeletSettings): Promise<boolean> {
  if (kubeconfig === null || kubeconfig === '/etc/kubernetes/kubelet.conf') return false;
  return (await readManifests(root, manifestsDir)).pods.length === 0;
}

async function component(root: Root, program: Program, kubelet: KubeletSettings): Promise<ComponentHealth> {
  const { name, unit } = program;
  const files = (await sourcesOf(root, program, kubelet)).map(({ path }) => path);
  const observed = { ...NO_PROCESS, name, manifest: null, runBy: { unit: unit.name, files } };
  try {
    const { active, activeState, subState, mainPid } = await unitState(root, unit.name);
    return { ...observed, pid: mainPid, healthy: active, detail: `${activeState} (${subState})` };
  } catch (error) {
    return { ...observed, healthy: false, detail: explain(error) };
  }
}

/** Where the components serve a certificate that a flag names; without one they make one for themselves. */
function endpoints(programs: Program[], kubelet: KubeletSettings, certificates: ObservedCertificate[]): Endpoint[] {
  const all = programs.flatMap(({ name, flags }): Endpoint[] => {
    switch (name) {
      case 'kube-apiserver':
      case 'etcd':
        return componentEndpoints([{ component: name, flags }], certificates);
      case 'kube-controller-manager':
        return tlsEndpoint(name, flags, 10_257, certificates);
      case 'kube-scheduler':
        return tlsEndpoint(name, flags, 10_259, certificates);
      case 'kubelet':
        return tlsEndpoint(name, kubeletFlags(kubelet), 10_250, certificates);
      default:
        return [];
    }
  });
  return all.filter(({ expects }) => certificates.some(({ id }) => id === expects));
}

function kubeletFlags({ servingCertificate, address, port }: KubeletSettings): Map<string, string> {
  return new Map([
    ...(servingCertificate === null ? [] : [['tls-cert-file', servingCertificate] as const]),
    ...(address === null ? [] : [['bind-address', address] as const]),
    ['secure-port', String(port)],
  ]);
}
