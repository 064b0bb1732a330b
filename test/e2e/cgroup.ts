// A control group for each machine. Without one of its own a machine's systemd takes the whole tree of this one for its
// own, and two machines stop each other's services.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Makes the group in each hierarchy; returns its directories. */
export function makeCgroup(name: string): string[] {
  return hierarchies().map((mounted) => {
    const group = join(mounted, name);
    mkdirSync(group, { recursive: true });
    // A new group of the old cpuset has no processor and no memory, and takes no process.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) inherit(mounted, group, file);
    return group;
  });
}

/** Removes the group with those that the machine made below; some may stay for a moment after its last process. */
export function removeCgroup(groups: string[]): void {
  for (const group of groups) {
    try {
      removeTree(group);
    } catch {
      // Empty groups disturb nobody.
    }
  }
}

/** Removes the groups whose name says so, of runs that were stopped before they could. */
export function sweepCgroups(isLeftOver: (name: string) => boolean): void {
  for (const mounted of hierarchies()) {
    const names = readdirSync(mounted).filter(isLeftOver);
    removeCgroup(names.map((name) => join(mounted, name)));
  }
}

/** Where the hierarchies are mounted: one of version 2, or one a controller of version 1, or both. */
function hierarchies(): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  return mounts.flatMap(([, at, type]) => (type === 'cgroup' || type === 'cgroup2' ? [at!] : []));
}

function inherit(mounted: string, group: string, file: string): void {
  const own = join(group, file);
  // Version 2 has these files too, and inherits by itself.
  if (existsSync(join(group, 'cgroup.controllers')) || !existsSync(own)) return;
  writeFileSync(own, readFileSync(join(mounted, file), 'utf8'));
  writeFileSync(join(group, 'cgroup.clone_children'), '1');
}

function removeTree(directory: string): void {
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(directory, entry.name));
  rmdirSync(directory);
}
