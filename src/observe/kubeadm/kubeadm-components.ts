import type { Role } from '../../domain/distributions/names.ts';
import type { ComponentHealth } from '../../domain/model/inventory.ts';
import type { Root } from '../../host/root.ts';
import { NO_PROCESS } from '../no-process.ts';
import type { Unit } from '../observer.ts';
import { observeStaticPod } from '../static-pod.ts';
import { COMPONENTS, type StaticPod } from '../static-pod-manifest.ts';
import type { KubeletSettings } from './kubelet-settings.ts';

type Node = { role: Role; kubelet: KubeletSettings; pods: StaticPod[] };

/** The static pods of the control plane, those that are absent, and the kubelet; asked all at once. */
export function kubeadmComponents(root: Root, node: Node, unit: Unit): Promise<ComponentHealth[]> {
  return Promise.all([
    ...node.pods.map((pod) => observeStaticPod(root, pod, node.kubelet)),
    ...absent(node),
    kubelet(unit),
  ]);
}

/** Control-plane components without the manifest that they should have: moved out, or broken. */
function absent({ role, kubelet: { manifestsDir }, pods }: Node): ComponentHealth[] {
  if (role !== 'control-plane') return [];
  const present = pods.map(({ component }) => component);
  // Without an etcd manifest etcd runs on another machine.
  return COMPONENTS.filter((name) => name !== 'etcd' && !present.includes(name)).map((name) => ({
    name,
    ...NO_PROCESS,
    manifest: `${manifestsDir}/${name}.yaml`,
    healthy: false,
    detail: 'its manifest does not exist or cannot be read',
  }));
}

function kubelet(unit: Unit): ComponentHealth {
  return {
    name: 'kubelet',
    ...NO_PROCESS,
    manifest: null,
    pid: unit?.mainPid ?? null,
    healthy: unit?.active === true,
    detail: unit?.detail ?? 'its unit is not known',
  };
}
