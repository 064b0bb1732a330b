import type { Role } from '../../domain/distributions/names.ts';
import type { ComponentHealth } from '../../domain/model/inventory.ts';
import { askHealth } from '../../host/http.ts';
import type { Root } from '../../host/root.ts';
import { HEALTH_LIMIT, isHealthy } from '../health.ts';
import type { KubeletSettings } from '../kubelet-settings.ts';
import { NO_PROCESS } from '../no-process.ts';
import type { Unit } from '../observer.ts';
import { observeStaticPod } from '../static-pod.ts';
import { COMPONENTS, type StaticPod } from '../static-pod-manifest.ts';

type Node = { role: Role; kubelet: KubeletSettings; pods: StaticPod[] };

/** The static pods of the control plane, those that are absent, and the kubelet; asked all at once. */
export function kubeadmComponents(root: Root, node: Node, unit: Unit): Promise<ComponentHealth[]> {
  return Promise.all([
    ...node.pods.map((pod) => observeStaticPod(root, pod, node.kubelet)),
    ...absent(node),
    kubelet(unit, node.kubelet),
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

/** It answers by its main loop: one that hangs is active for systemd, and restarts nothing. */
async function kubelet(unit: Unit, { health }: KubeletSettings): Promise<ComponentHealth> {
  const observed = { ...NO_PROCESS, name: 'kubelet' as const, manifest: null, pid: unit?.mainPid ?? null, health };
  if (unit?.active !== true || health === null)
    return { ...observed, healthy: unit?.active === true, detail: unit?.detail ?? 'its unit is not known' };
  const { status, detail } = await askHealth(health, { limit: HEALTH_LIMIT });
  const healthy = isHealthy(status);
  return { ...observed, healthy, detail: healthy ? unit.detail : `${unit.detail}, but not healthy (${detail})` };
}
