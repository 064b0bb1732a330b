import type { ComponentHealth } from '../domain/model/inventory.ts';
import type { PodIdentity } from '../domain/model/pod-identity.ts';
import { askHealth, askVersion } from '../host/http.ts';
import { findPodProcesses } from '../host/pod-processes.ts';
import { beganAt, ownUser } from '../host/processes.ts';
import type { Root } from '../host/root.ts';
import { HEALTH_LIMIT, isHealthy } from './health.ts';
import type { NamedPod, StaticPod } from './static-pod-manifest.ts';

/** Where the kubelet notes the UIDs of its pods. */
export type PodDirectories = { podLogsDir: string; rootDir: string };

/** Process and health of a static pod; its manifest says where to ask. */
export async function observeStaticPod(
  root: Root,
  manifest: StaticPod,
  directories: PodDirectories,
): Promise<ComponentHealth> {
  const processArguments = identifyingArguments(root, manifest);
  const pod = identityOf(manifest.names, directories);
  const wanted = { program: manifest.component, arguments: processArguments, pod };
  const [processes, answer] = await Promise.all([
    findPodProcesses(root, wanted).catch(() => []),
    manifest.health === null ? null : askHealth(manifest.health, { limit: HEALTH_LIMIT }),
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
    ...manifest.alsoIn.map((path) => `${path} runs it a second time`),
  ];
  return {
    name: manifest.component,
    manifest: manifest.manifest,
    pid,
    startedAt: process === undefined ? null : beganAt(process),
    isSameUser: process !== undefined && process.uid === ownUser,
    processArguments,
    pod,
    version: manifest.version ?? (healthy ? await askedVersion(manifest) : null),
    delaysShutdown: !/^0?[a-z]*$/.test(manifest.flags.get('shutdown-delay-duration') ?? ''),
    health: manifest.health,
    healthy,
    detail: notes.join('; '),
  };
}

/** Where the tag of its image is no version (a digest alone, "latest"). */
async function askedVersion({ component, health }: StaticPod): Promise<string | null> {
  return component === 'kube-apiserver' && health !== null ? askVersion(health, { limit: HEALTH_LIMIT }) : null;
}

export function identityOf(names: NamedPod, { podLogsDir, rootDir }: PodDirectories): PodIdentity {
  return { ...names, logsDir: podLogsDir, rootDir };
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
