import type { ComponentHealth } from '../domain/model/inventory.ts';
import { askHealth } from '../host/http.ts';
import { beganAt, findProcesses } from '../host/processes.ts';
import type { Root } from '../host/root.ts';
import { HEALTH_LIMIT, isHealthy } from './health.ts';
import type { StaticPod } from './manifests.ts';

/** Process and health of a static pod, as its manifest says where to ask. */
export async function observeStaticPod(root: Root, pod: StaticPod): Promise<ComponentHealth> {
  const processArguments = identifyingArguments(root, pod);
  const [processes, answer] = await Promise.all([
    // Without a path of its own it cannot be distinguished from another cluster's.
    processArguments.length === 0 ? [] : findProcesses(pod.component, processArguments).catch(() => []),
    pod.health === null ? null : askHealth(pod.health, { limit: HEALTH_LIMIT }),
  ]);
  // While it restarts there can be two: the newer one stays.
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

/** Flags that say whose process it is: paths of certificates, keys and kubeconfigs, and the address it is known by. */
function identifyingArguments(root: Root, pod: StaticPod): string[] {
  return pod.arguments.filter(isIdentifying).map((word) => word.replace(/^(--?[^=]+=)?(\/.*)$/s, `$1${root.prefix}$2`));
}

function isIdentifying(word: string): boolean {
  // What a shell or the kubelet replaces is not in the process's arguments as it is written.
  if (word.includes('$')) return false;
  return /^--?(?=[a-z-]*(?:cert|key|ca-?file|kubeconfig))[a-z-]+=\//.test(word) || /^--?advertise-address=/.test(word);
}
