import { readFileSync } from 'node:fs';

/**
 * The memory of the sandbox. The kernel limits it by the control group; where the group of memory is not the sandbox's own (a
 * container can leave that out), the helper adds up what its processes have, and ends them at the limit.
 */
export class GroupMemory {
  readonly #limit: number;
  readonly #own = ownGroup();
  #peak = 0;
  #isOver = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** To be called often. Whether the processes have more than they may. */
  isOver(): boolean {
    if (this.#own !== null) return false;
    const used = processes().reduce((sum, pid) => sum + memoryOf(pid), 0);
    this.#peak = Math.max(this.#peak, used);
    this.#isOver ||= used > this.#limit;
    return this.#isOver;
  }

  /** Bytes at most; null: the kernel does not say. */
  get peak(): number | null {
    const said = this.#own === null ? this.#peak : Number(lines(this.#own.peak)[0] ?? 0);
    return said > 0 ? said : null;
  }

  /** Whether something was killed for want of memory. */
  get killed(): boolean {
    if (this.#own === null) return this.#isOver;
    return lines(this.#own.events).some((line) => /^oom_kill [1-9]/.test(line));
  }
}

type Own = { peak: string; events: string };

/** The files of this process's group of memory, of version 2 or 1; null: it has none of its own. */
function ownGroup(): Own | null {
  const [unified, old] = [groupOf(''), groupOf('memory')];
  if (unified !== null && lines(`/sys/fs/cgroup${unified}/memory.max`).length > 0)
    return { peak: `/sys/fs/cgroup${unified}/memory.peak`, events: `/sys/fs/cgroup${unified}/memory.events` };
  const directory = `/sys/fs/cgroup/memory${old}`;
  if (old === null || old === '/' || lines(`${directory}/memory.limit_in_bytes`).length === 0) return null;
  return { peak: `${directory}/memory.max_usage_in_bytes`, events: `${directory}/memory.oom_control` };
}

function groupOf(controller: string): string | null {
  for (const line of lines('/proc/self/cgroup')) {
    const [, controllers, path] = line.split(/:(.*?):(.*)/s);
    if (path !== undefined && controllers!.split(',').includes(controller)) return path;
  }
  return null;
}

/** Those of the sandbox, which has one control group in systemd's own hierarchy. */
function processes(): string[] {
  const named = groupOf('name=systemd');
  const path = named === null ? `/sys/fs/cgroup${groupOf('')}` : `/sys/fs/cgroup/systemd${named}`;
  return lines(`${path}/cgroup.procs`);
}

/** Bytes of its own, without what it has mapped of files. */
function memoryOf(pid: string): number {
  const own = lines(`/proc/${pid}/status`).filter((line) => /^Rss(?:Anon|Shmem):/.test(line));
  return own.reduce((sum, line) => sum + Number(/\d+/.exec(line)?.[0] ?? 0) * 1024, 0);
}

function lines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}
