// What a node shows of its pods' processes: ROOT/proc/PID, and the UIDs of its pods. In a node image (a root other than /)
// stat and cgroup are files of their own, everything else leads to the real process: so its control group can be the one
// that the kubelet would have made, and a node that was just made can have run for a month.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeRecord } from '../options.ts';

const TICKS_PER_DAY = 100 * 86_400;

export type PodNames = { name: string; namespace: string; container: string };

/** As the kubelet's: a checksum of the node's name and the manifest, without hyphens. */
export function uidOf(node: NodeRecord, manifest: string): string {
  return createHash('md5').update(`${node.nodeName}\n${manifest}`).digest('hex');
}

/** The kubelet's directories of a pod: only one pod of a name has them. */
export function notePod(root: string, node: NodeRecord, names: PodNames, uid: string): void {
  forgetPod(root, node, names, uid);
  mkdirSync(join(root, logsOf(node, names, uid), names.container), { recursive: true });
  mkdirSync(join(root, 'var/lib/kubelet/pods', uid, 'containers', names.container), { recursive: true });
}

/** Removes the directories of earlier pods of this name. */
function forgetPod(root: string, node: NodeRecord, names: PodNames, uid: string): void {
  const logs = join(root, 'var/log/pods');
  const mine = logsOf(node, names, '').slice('var/log/pods/'.length);
  for (const directory of existsSync(logs) ? readdirSync(logs) : []) {
    const old = directory.startsWith(mine) ? directory.slice(mine.length) : uid;
    if (old === uid) continue;
    rmSync(join(logs, directory), { recursive: true, force: true });
    rmSync(join(root, 'var/lib/kubelet/pods', old), { recursive: true, force: true });
  }
}

function logsOf(node: NodeRecord, { namespace, name }: PodNames, uid: string): string {
  return `var/log/pods/${namespace}_${name}-${node.nodeName}_${uid}`;
}

/**
 * Puts the process into its pod's control group. `isFirst`: the pod's first process, which has run for as long as the node.
 * On a real root the group is a real one, and the process is as old as it is.
 */
export function showProcess(root: string, node: NodeRecord, pid: number, uid: string, isFirst: boolean): void {
  const group = `/kubepods/burstable/pod${uid}/${createHash('sha256').update(`${uid}${pid}`).digest('hex')}`;
  if (root === '/') {
    joinGroup(group, pid);
    return;
  }
  const shown = entryOf(root, pid);
  rmSync(shown, { recursive: true, force: true });
  mkdirSync(shown, { recursive: true });
  for (const name of ['cmdline', 'status']) symlinkSync(`/proc/${pid}/${name}`, join(shown, name));
  writeFileSync(join(shown, 'cgroup'), `0::${group}\n`);
  writeFileSync(join(shown, 'stat'), statOf(pid, isFirst ? node.upDays : 0));
}

export function hideProcess(root: string, pid: number): void {
  if (root !== '/') rmSync(entryOf(root, pid), { recursive: true, force: true });
}

function entryOf(root: string, pid: number): string {
  return join(root, 'proc', String(pid));
}

// The 22nd field is the start in clock ticks since boot; it is negative for a process that is older than the machine.
function statOf(pid: number, days: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const after = stat.lastIndexOf(')') + 2;
    const fields = stat.slice(after).split(' ');
    fields[19] = String(Number(fields[19]) - days * TICKS_PER_DAY);
    return stat.slice(0, after) + fields.join(' ');
  } catch {
    return ''; // it has exited already
  }
}

// In version 2's hierarchy and in systemd's own of version 1, whichever of them can be written.
function joinGroup(group: string, pid: number): void {
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [, mounted, type, options] = line.split(' ');
    if (type !== 'cgroup2' && !(type === 'cgroup' && options?.includes('name=systemd'))) continue;
    try {
      const directory = join(mounted!, group);
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'cgroup.procs'), String(pid));
    } catch {
      // It is read-only, or the process has exited already.
    }
  }
}
