import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';

// File systems that do not answer. A process that waits for one may be stuck for good, even against SIGKILL, so the same
// file system is asked again only when that process has ended, and not more than once in a while.

/** Milliseconds for which a file system that did not answer is not asked again. */
const PAUSE = 60_000;

type Silence = { at: number; child: ChildProcess | null };
const silences = new Map<string, Silence>();

/** Remembers that `key` (see `fileSystems`) did not answer; `child` is the process that waits for it. */
export function noteSilence(key: string, child: ChildProcess | null): void {
  silences.set(key, { at: performance.now(), child });
}

/** True while asking again would only cost time, or one more stuck process. */
export function isSilent(key: string): boolean {
  const known = silences.get(key);
  if (known === undefined) return false;
  const stuck = known.child !== null && known.child.exitCode === null && known.child.signalCode === null;
  if (stuck || performance.now() - known.at < PAUSE) return true;
  silences.delete(key);
  return false;
}

/**
 * What answers or hangs together: the server of a network file system, or the mount point. Any other path stands for
 * itself alone: a link can lead from there to anywhere. `path` is one of this machine.
 */
export async function fileSystems(): Promise<(path: string) => string> {
  const mounts = mountsIn(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''));
  return (path) => mounts.find(({ point }) => path === point || path.startsWith(`${point}/`))?.key ?? path;
}

/** The longest mount points first. Fields as in proc_pid_mountinfo(5); special characters are written in octal. */
export function mountsIn(text: string): { point: string; key: string | null }[] {
  const mounts = new Map<string, string | null>();
  for (const { point, type, source } of entriesIn(text))
    if (point !== '/') mounts.set(point, keyOf(point, type, source));
  return [...mounts].map(([point, key]) => ({ point, key })).sort((a, b) => b.point.length - a.point.length);
}

function entriesIn(text: string): { point: string; type: string; source: string }[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const point = unescaped(before.split(' ')[4] ?? '');
    const [type = '', source = ''] = after.split(' ').map(unescaped);
    return point === '' ? [] : [{ point, type, source }];
  });
}

/** What the kernel reads from a disk or from memory of this machine: it answers as long as the node works. */
const LOCAL = /^(ext[234]|xfs|btrfs|bcachefs|zfs|f2fs|jfs|vfat|tmpfs|ramfs|rootfs|overlay|squashfs|erofs)$/;

/**
 * Whether a path of this machine, without links in it, lies on a file system that always answers. Only the kernel's table of
 * mounts is asked. A mount can hide another: all on the way to the path must be local.
 */
export function localPlaces(text: string): (place: string) => boolean {
  const others = entriesIn(text).filter(({ type }) => !LOCAL.test(type));
  return (place) =>
    text !== '' && !others.some(({ point }) => point === '/' || place === point || place.startsWith(`${point}/`));
}

/** Users choose the source name of a FUSE mount, so it is not used. */
function keyOf(point: string, type: string, source: string): string | null {
  if (/^(nfs|cifs|smb|ceph|glusterfs|lustre)/.test(type)) {
    const host = /^(?:(.+?):\/|\/\/([^/]+)\/)/.exec(source);
    return host === null ? point : `//${host[1] ?? host[2]}`;
  }
  return /^(fuse|9p|autofs|virtiofs|afs|gpfs|beegfs)/.test(type) ? point : null;
}

const unescaped = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
