import type { Role } from '../../domain/distributions/names.ts';
import type { ComponentHealth } from '../../domain/model/inventory.ts';
import type { Root } from '../../host/root.ts';
import { COMPONENTS, type StaticPod } from '../manifests.ts';
import type { Unit } from '../observer.ts';
import { observeStaticPod } from '../static-pod.ts';

type Node = { role: Role; manifestsDir: string; pods: StaticPod[] };

/** The static pods of the control plane, those that are absent, and the kubelet; asked all at once. */
export function kubeadmComponents(root: Root, node: Node, unit: Unit): Promise<ComponentHealth[]> {
  return Promise.all([...node.pods.map((pod) => observeStaticPod(root, pod)), ...absent(node), kubelet(unit)]);
}

/** Control-plane components that should have a manifest and have none: moved out, or broken. */
function absent({ role, manifestsDir, pods }: Node): ComponentHealth[] {
  if (role !== 'control-plane') return [];
  const present = pods.map(({ component }) => component);
  // Without an etcd manifest etcd runs on another machine.
  return COMPONENTS.filter((name) => name !== 'etcd' && !present.includes(name)).map((name) => ({
    name,
    manifest: `${manifestsDir}/${name}.yaml`,
    pid: null,
    startedAt: null,
    processArguments: [],
    health: null,
    healthy: false,
    detail: 'its manifest does not exist or cannot be read',
  }));
}

function kubelet(unit: Unit): ComponentHealth {
  return {
    name: 'kubelet',
    manifest: null,
    pid: unit?.mainPid ?? null,
    startedAt: null,
    processArguments: [],
    health: null,
    healthy: unit?.active === true,
    detail: unit?.detail ?? 'its unit is not known',
  };
}
