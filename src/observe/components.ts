import type { ComponentHealth, ObservedCertificate, Preconditions } from '../domain/model/inventory.ts';
import type { HealthCheck } from '../domain/model/plan.ts';
import { askHealth } from '../host/http.ts';
import { beganAt, findProcesses } from '../host/processes.ts';
import type { Root } from '../host/root.ts';
import { kubeconfigCredentials } from './credentials.ts';
import type { Detected } from './detect.ts';
import { COMPONENTS, type StaticPod } from './manifests.ts';

const LIMIT = 5_000;

/** Process and health of everything that loads the node's certificates, asked all at once. */
export async function observeComponents(
  root: Root,
  node: Detected,
  unit: Unit,
  certificates: ObservedCertificate[],
): Promise<ComponentHealth[]> {
  if (node.distribution === null) return [];
  if (node.k3s !== null) return [await k3s(root, node, unit, certificates)];
  return Promise.all([...node.pods.map((pod) => staticPod(root, pod)), ...absent(node), kubelet(unit)]);
}

export type Unit = (NonNullable<Preconditions['unit']> & { mainPid: number | null }) | null;

async function staticPod(root: Root, pod: StaticPod): Promise<ComponentHealth> {
  const processArguments = identifyingArguments(root, pod);
  const [processes, answer] = await Promise.all([
    // Without any path of its own it cannot be told from another cluster's.
    processArguments.length === 0 ? [] : findProcesses(pod.component, processArguments).catch(() => []),
    pod.health === null ? null : askHealth(pod.health, { limit: LIMIT }),
  ]);
  // While it is cycled there can be two: the newer one stays.
  const process = processes.at(-1);
  const pid = process?.pid ?? null;
  const healthy = answer === null ? pid !== null : isHealthy(answer.status);
  const notes = [
    answer === null
      ? 'its manifest has no probe that can be asked'
      : `${healthy ? 'healthy' : 'not healthy'} (${answer.detail})`,
    ...(pid === null ? ['no process of it was found'] : []),
    ...pod.alsoIn.map((path) => `${path} runs it a second time`),
  ];
  return {
    name: pod.component,
    manifest: pod.manifest,
    pid,
    startedAt: process === undefined ? null : beganAt(process),
    processArguments,
    health: pod.health,
    healthy,
    detail: notes.join('; '),
  };
}

/** As the kubelet judges a probe. */
const isHealthy = (status: number | null): boolean => status !== null && status >= 200 && status < 400;

/** Flags that say whose process it is: paths of certificates, keys and kubeconfigs, and the address it is known by. */
function identifyingArguments(root: Root, pod: StaticPod): string[] {
  return pod.arguments.filter(isIdentifying).map((word) => word.replace(/^(--?[^=]+=)?(\/.*)$/s, `$1${root.prefix}$2`));
}

function isIdentifying(word: string): boolean {
  return /^--?(?=[a-z-]*(?:cert|key|ca-?file|kubeconfig))[a-z-]+=\//.test(word) || /^--?advertise-address=/.test(word);
}

/** Control-plane components that should have a manifest and have none: moved out, or broken. */
function absent(node: Detected): ComponentHealth[] {
  if (node.role !== 'control-plane') return [];
  const there = node.pods.map(({ component }) => component);
  // Without an etcd manifest etcd is another machine's.
  return COMPONENTS.filter((name) => name !== 'etcd' && !there.includes(name)).map((name) => ({
    name,
    manifest: `${node.paths.manifestsDir}/${name}.yaml`,
    pid: null,
    startedAt: null,
    processArguments: [],
    health: null,
    healthy: false,
    detail: 'its manifest is not there or cannot be read',
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

/** K3s is one process. Its `/readyz` wants credentials: the administrator's, as they stand in k3s.yaml. */
async function k3s(
  root: Root,
  node: Detected,
  unit: Unit,
  certificates: ObservedCertificate[],
): Promise<ComponentHealth> {
  const observed = {
    name: 'k3s' as const,
    manifest: null,
    pid: unit?.mainPid ?? null,
    startedAt: null,
    processArguments: [],
    health: readyz(node),
  };
  if (observed.health === null || unit?.active !== true)
    return { ...observed, healthy: unit?.active === true, detail: unit?.detail ?? 'its unit is not known' };
  const client = await kubeconfigCredentials(root, certificates, node.paths.adminKubeconfig ?? '');
  const answer = await askHealth(observed.health, client === null ? { limit: LIMIT } : { limit: LIMIT, client });
  if (isHealthy(answer.status)) return { ...observed, healthy: true, detail: `healthy (${answer.detail})` };
  const refused = answer.status === 401 || answer.status === 403;
  const why = refused ? 'is up, but refuses the administrator’s certificate' : 'not healthy';
  return { ...observed, healthy: false, detail: `${why} (${answer.detail})` };
}

function readyz(node: Detected): HealthCheck | null {
  if (node.role !== 'server' || node.k3s === null) return null;
  return { scheme: 'https', host: '127.0.0.1', port: node.k3s.port, path: '/readyz' };
}
