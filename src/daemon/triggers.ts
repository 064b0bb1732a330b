import type { Instant } from '../domain/model/certificate.ts';
import type { NodePaths } from '../domain/model/inventory.ts';
import { HOUR, MINUTE, SECOND } from '../domain/time/duration.ts';
import { type CronTask, schedule } from '../host/cron.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import { fileSystems } from '../host/silent.ts';
import { type Watch, watchPaths } from '../host/watcher.ts';
import type { Agent } from './agent.ts';
import { stableShare } from './node-policy.ts';
import type { View } from './view.ts';

const SETTLE = SECOND;
const LEAST_PAUSE = 5 * SECOND;
const STALE_AGAIN = 11 * MINUTE;
const FAILED_AGAIN = 5 * MINUTE;
/** Between looks at a node whose renewal is blocked: this, doubled each time. */
const FIRST_PAUSE = MINUTE;
const LONGEST_PAUSE = HOUR;

export type Triggers = {
  rearm(agent: Agent): Promise<void>;
  /** After a check that came to nothing, and so could not arm anything. */
  later(agent: Agent): void;
  stop(): Promise<void>;
};

/**
 * What makes the daemon check: the schedule, changed files, and the moments the decisions named (a maintenance window
 * that opens, a back-off that is over, something in the way that may be gone), which no schedule of the operator's need meet.
 */
export function makeTriggers(options: {
  root: Root;
  configFile: string;
  now: () => Instant;
  log: Log;
  fire: (why: string) => void;
}): Triggers {
  const { root, now, log, fire } = options;
  let cron: { task: CronTask; key: string } | null = null;
  let watch: { handle: Watch; key: string } | null = null;
  let late: NodeJS.Timeout | undefined;
  let wake: NodeJS.Timeout | undefined;
  let pause: number = FIRST_PAUSE;
  let stopped = false;
  /** One arming at a time: two would make two watchers, and one of them would never be closed. */
  let arming: Promise<void> = Promise.resolve();

  const armSchedule = async (agent: Agent, zone: string, nodeName: string): Promise<number> => {
    const { schedule: expression, jitter } = agent.config().check;
    const delay = stableShare(nodeName, 'check') * jitter;
    const key = JSON.stringify([expression, zone, jitter]);
    if (cron?.key === key) return delay;
    cron?.task.stop();
    const task = await schedule(expression, zone, () => {
      clearTimeout(late);
      late = setTimeout(() => fire('schedule'), delay);
    });
    cron = { task, key };
    return delay;
  };

  const armWatch = async (paths: string[]): Promise<void> => {
    const key = JSON.stringify(paths);
    if (watch?.key === key) return;
    await watch?.handle.close();
    const handle = await watchPaths(paths, {
      settle: SETTLE,
      changed: (changed) =>
        fire(
          `changed: ${changed
            .map((path) => root.own(path))
            .slice(0, 5)
            .join(', ')}`,
        ),
      failed: (error) => log.warn({}, `files cannot be watched (${error.message}); the schedule goes on alone`),
    });
    watch = { handle, key };
  };

  /** A long timer would miss a clock that jumps, so the moment is looked at again every minute. */
  const armWake = (at: Instant | null): void => {
    clearTimeout(wake);
    if (at === null) return;
    wake = setTimeout(
      () => (now() >= at ? fire('the moment to look again') : armWake(at)),
      // Never a hot loop, should a cycle not do what its own decision promised.
      Math.max(LEAST_PAUSE, Math.min(at - now(), MINUTE)),
    );
  };

  /** What blocks a renewal often passes by itself: a clock that is not synchronised yet, a component that still starts. */
  const lookAgain = ({ inventory, decisions: { renewal } }: View): Instant | null => {
    const isPassing = renewal.kind === 'blocked' && renewal.blockers.every(({ code }) => code !== 'OBSERVE_MODE');
    pause = isPassing ? Math.min(2 * pause, LONGEST_PAUSE) : FIRST_PAUSE;
    return isPassing ? inventory.takenAt + pause / 2 : null;
  };

  const arm = async (agent: Agent): Promise<void> => {
    const view = agent.view();
    if (view === null || stopped) return;
    const { node } = view.inventory;
    const delay = await armSchedule(agent, node.timeZone, node.name);
    // On a file system of the network inotify sees no change, and waiting for it could hold up the daemon.
    const fileSystem = await fileSystems();
    const isLocal = (path: string) => fileSystem(root.at(path)) === root.at(path);
    await armWatch(
      watchedPaths(node.paths, options.configFile, agent.config().watch.paths, isLocal).map((path) => root.at(path)),
    );
    const wakeAt = earlier(momentOf(view), lookAgain(view));
    armWake(wakeAt);
    const next = cron?.task.next() ?? null;
    agent.setNextCheck(earlier(wakeAt, next === null ? null : next + delay));
  };

  return {
    later(agent) {
      if (stopped) return;
      const at = now() + FAILED_AGAIN;
      armWake(at);
      agent.setNextCheck(at);
    },
    rearm(agent) {
      arming = arming.catch(() => {}).then(() => arm(agent));
      return arming;
    },
    async stop() {
      // A cycle that ends after this must not arm anything again.
      stopped = true;
      await arming.catch(() => {});
      clearTimeout(late);
      clearTimeout(wake);
      cron?.task.stop();
      await watch?.handle.close();
    },
  };
}

/** When the node should be looked at whatever the schedule says; null when there is no such moment. */
function momentOf({ inventory, decisions: { renewal } }: View): Instant | null {
  const promised = renewal.kind === 'defer' ? renewal.until : renewal.kind === 'none' ? renewal.nextAt : null;
  // A server may take its time with a new file before that is told as stale: look again when the time is over.
  const stale = inventory.served.some(({ state }) => state === 'stale') ? inventory.takenAt + STALE_AGAIN : null;
  return earlier(promised, stale);
}

const earlier = (a: Instant | null, b: Instant | null): Instant | null =>
  a === null ? b : b === null ? a : Math.min(a, b);

/** Directories and files whose change can mean something. Of a glob, the part before its first star. */
function watchedPaths(
  paths: NodePaths,
  configFile: string,
  extra: string[],
  isLocal: (path: string) => boolean,
): string[] {
  const globRoots = extra.map((pattern) =>
    /[*?[{]/.test(pattern) ? pattern.replace(/[^/]*[*?[{].*$/, '').replace(/(.)\/$/, '$1') : pattern,
  );
  const own = [paths.certificatesDir, paths.kubeconfigDir, paths.adminKubeconfig, paths.manifestsDir, configFile];
  return [
    ...new Set([...own, ...globRoots.filter(isLocal)].filter((path) => path !== null && path !== '/')),
  ].sort() as string[];
}
