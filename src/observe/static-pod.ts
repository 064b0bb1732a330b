import { setTimeout as sleep } from 'node:timers/promises';
import type { ComponentHealth } from '../domain/model/inventory.ts';
import type { PodIdentity } from '../domain/model/pod-identity.ts';
import { askHealth, askVersion, type HealthAnswer } from '../host/http.ts';
import { findPodProcesses, type PodProcess } from '../host/pod-processes.ts';
import { beganAt, ownUser, type Process } from '../host/processes.ts';
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
  const { process, answer } = await processAndHealth(root, wanted, manifest.health);
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

const LOOKS = 3;
/** Milliseconds between two looks. */
const LOOK_AGAIN = 400;

/**
 * A component that answers has a process, so it is looked for again: one that starts and exits again and again, as with an
 * expired certificate, can have exited in between.
 */
async function processAndHealth(
  root: Root,
  wanted: PodProcess,
  health: StaticPod['health'],
): Promise<{ process: Process | undefined; answer: HealthAnswer | null }> {
  for (let look = 1; ; look++) {
    const [processes, answer] = await Promise.all([
      findPodProcesses(root, wanted).catch(() => []),
      health === null ? null : askHealth(health, { limit: HEALTH_LIMIT }),
    ]);
    // While it restarts there can be two: the newer one stays.
    const process = processes.at(-1);
    const contradicts = process === undefined && answer !== null && isHealthy(answer.status);
    if (!contradicts || look === LOOKS) return { process, answer };
    await sleep(LOOK_AGAIN);
  }
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
