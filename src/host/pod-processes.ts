import { readdir } from 'node:fs/promises';
import type { PodIdentity } from '../domain/model/pod-identity.ts';
import { findProcesses, isCalled, type Process, procOf } from './processes.ts';
import type { Root } from './root.ts';

/** A program in a static pod, and the arguments that tell it from other clusters' processes on the same machine. */
export type PodProcess = {
  program: string;
  arguments: string[];
  /** null: of a plan that an earlier version made; then the arguments alone decide. */
  pod: PodIdentity | null;
};

/**
 * Processes of a static pod, oldest first. Every container can give its process the name and the arguments of a component;
 * none can choose the control group that the kubelet has put it in, whose name holds the UID of its pod.
 */
export async function findPodProcesses(root: Root, wanted: PodProcess): Promise<Process[]> {
  const found = await findProcesses(
    procOf(root),
    (argv) => isCalled(argv, wanted.program) && wanted.arguments.every((argument) => argv.includes(argument)),
  );
  if (wanted.pod === null || found.length === 0) return found;
  const uids = await uidsOf(root, wanted.pod);
  return found.filter(({ cgroup }) => uids.has(podUid(cgroup) ?? ''));
}

/** All processes of a static pod, whatever their program. */
export async function findAllOfPod(root: Root, pod: PodIdentity): Promise<Process[]> {
  const uids = await uidsOf(root, pod);
  if (uids.size === 0) return [];
  const found = await findProcesses(procOf(root), () => true);
  return found.filter(({ cgroup }) => uids.has(podUid(cgroup) ?? ''));
}

/**
 * The UID of the pod that a control group belongs to: `…/pod<UID>/…` with the kubelet's cgroupfs driver,
 * `…-pod<UID with _ for ->.slice/…` with its systemd driver.
 */
export function podUid(cgroup: string): string | null {
  const uid = /[/-]pod([0-9a-f]{8}[0-9a-f_-]{24,28})(?:\.slice)?(?:\/|$)/m.exec(cgroup)?.[1];
  return uid?.replaceAll('_', '-') ?? null;
}

/** A static pod's UID is a checksum without hyphens; the API server gives UIDs with hyphens only. */
const STATIC = /^[0-9a-f]{32}$/;

/**
 * Every UID that the kubelet has noted for this pod, in the names of its directories of logs and of pods. A changed manifest
 * is a new UID, and the directories of the previous one stay for a while.
 */
async function uidsOf(root: Root, pod: PodIdentity): Promise<Set<string>> {
  const isOfPod = (uid: string) => STATIC.test(uid) || uid === pod.uid;
  const logs = (await names(root.at(pod.logsDir))).flatMap((name) => {
    const [namespace, ofNode, uid] = name.split('_');
    return namespace === pod.namespace && ofNode?.startsWith(`${pod.name}-`) && uid !== undefined ? [uid] : [];
  });
  const directory = `${pod.rootDir}/pods`;
  const kept = (await names(root.at(directory))).filter(isOfPod);
  const containers = await Promise.all(kept.map((uid) => names(root.at(`${directory}/${uid}/containers`))));
  const running = kept.filter((_, index) => pod.containers.some((name) => containers[index]?.includes(name)));
  return new Set([...logs.filter(isOfPod), ...running]);
}

async function names(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
