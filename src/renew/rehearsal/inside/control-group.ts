import { readFileSync } from 'node:fs';

/** Of the control group that this process is in. null: the kernel does not say. */
export type GroupMemory = { peak: number | null; killed: boolean };

/** What the sandbox has used of memory at most, and whether the kernel has killed something in it for want of it. */
export function groupMemory(): GroupMemory {
  const groups = lines('/proc/self/cgroup').map((line) => line.split(/:(.*?):(.*)/s));
  for (const [, controllers, path] of groups) {
    if (path === undefined) continue;
    const isOld = controllers?.split(',').includes('memory') === true;
    if (!isOld && controllers !== '') continue;
    const directory = `/sys/fs/cgroup${isOld ? '/memory' : ''}${path}`;
    const peak = Number(lines(`${directory}/${isOld ? 'memory.max_usage_in_bytes' : 'memory.peak'}`)[0] ?? Number.NaN);
    const events = lines(`${directory}/${isOld ? 'memory.oom_control' : 'memory.events'}`);
    if (Number.isNaN(peak) && events.length === 0) continue;
    const killed = events.some((line) => /^oom_kill [1-9]/.test(line));
    return { peak: Number.isNaN(peak) ? null : peak, killed };
  }
  return { peak: null, killed: false };
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
