import { signingMoment } from '../domain/external/signing-moment.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { NodePaths } from '../domain/model/inventory.ts';
import { HOUR, MINUTE, SECOND } from '../domain/time/duration.ts';
import { cronIn } from '../host/cron.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import { fileSystems } from '../host/silent.ts';
import { makeTurns } from '../host/turns.ts';
import { type Watch, watchPaths } from '../host/watcher.ts';
import type { Agent } from './agent.ts';
import { makeAlarm } from './alarm.ts';
import { stableShare } from './node-policy.ts';
import type { View } from './view.ts';

const SETTLE = SECOND;
const LEAST_PAUSE = 5 * SECOND;
const STALE_AGAIN = 11 * MINUTE;
const FAILED_AGAIN = 5 * MINUTE;
/** Between checks of a node whose renewal is blocked: this, doubled each time. */
const FIRST_PAUSE = MINUTE;
const LONGEST_PAUSE = HOUR;
/** Checks for changed files: so many in this time, then one at its end. Who owns a watched file can change it all the time. */
const CHANGES = { most: 20, within: 10 * MINUTE };

export type Triggers = {
  rearm(agent: Agent): Promise<void>;
  /** After a check that failed, and so could not set the next moment. */
  later(agent: Agent): void;
  stop(): Promise<void>;
};

/** The regular check: the moment it is due, and what computes the next one. */
type Schedule = { key: string; at: Instant; next(): Instant };

/**
 * What makes the daemon check: changed files, and one alarm for the next moment. That is the earlier of the schedule's next
 * run and the moment that the decisions named (a maintenance window opens, a back-off ends, an obstacle may be gone), which
 * need not coincide with any run of the schedule.
 */
export function makeTriggers(options: {
  root: Root;
  configFile: string;
  now: () => Instant;
  log: Log;
  fire: (why: string) => void;
}): Triggers {
  const { root, now, log, fire } = options;
  let schedule: Schedule | null = null;
  let watch: { handle: Watch; key: string } | null = null;
  /** Since when something that often passes by itself has been seen at every check. */
  let passingSince: Instant | null = null;
  let stopped = false;

  const alarm = makeAlarm(now, (why) => {
    const due = schedule !== null && now() >= schedule.at;
    // One check makes up for all runs that were missed. The next run is set before this one: should the check fail to set
    // anything, the schedule goes on.
    if (schedule !== null && (due || why === 'set back')) schedule.at = schedule.next();
    if (schedule !== null) alarm.set(schedule.at);
    fire(why === 'set back' ? 'the clock was set back' : due ? 'schedule' : 'the moment that the last check named');
  });

  const armSchedule = async (agent: Agent, zone: string, nodeName: string): Promise<Schedule> => {
    const { schedule: expression, jitter } = agent.config().check;
    const key = JSON.stringify([expression, zone, jitter]);
    // A run that is due and only delayed by its jitter stays due.
    if (schedule?.key === key) return schedule;
    const delay = Math.round(stableShare(nodeName, 'check') * jitter);
    const nextRun = await cronIn(expression, zone);
    const next = () => nextRun() + delay;
    return { key, at: next(), next };
  };

  const changes = sparingly(CHANGES, fire);

  const armWatch = async (paths: string[]): Promise<void> => {
    const key = JSON.stringify(paths);
    if (watch?.key === key) return;
    await watch?.handle.close();
    const handle = await watchPaths(paths, {
      settle: SETTLE,
      changed: (changed) => {
        const some = changed.map((path) => root.own(path)).slice(0, 5);
        changes.fire(`changed: ${some.join(', ')}`);
      },
      failed: (error) => log.warn({}, `files cannot be watched (${error.message}); certagent only checks on schedule`),
    });
    watch = { handle, key };
  };

  /**
   * What blocks a renewal often passes by itself: a clock that is not synchronised yet, a component that is starting, a server
   * that is away. A machine without Kubernetes may become a node at any time.
   */
  const checkAgain = ({ inventory, decisions: { renewal } }: View): Instant | null => {
    if (inventory.node.distribution === null) return inventory.takenAt + FIRST_PAUSE;
    const waitsForOthers = renewal.kind === 'waiting' && renewal.until === null;
    // After a boot the kubelet can take a minute until it starts the static pods.
    const isAway = inventory.served.some(({ state }) => state === 'unreachable');
    const isPassing = isAway || waitsForOthers || renewal.kind === 'blocked';
    if (!isPassing) {
      passingSince = null;
      return null;
    }
    // By time, not by checks: K3s writes dozens of files when it starts, and each can have the node checked.
    passingSince = Math.min(passingSince ?? inventory.takenAt, inventory.takenAt);
    return inventory.takenAt + Math.min(FIRST_PAUSE + inventory.takenAt - passingSince, LONGEST_PAUSE / 2);
  };

  const arm = async (agent: Agent): Promise<void> => {
    const view = agent.view();
    if (view === null || stopped) return;
    const { node } = view.inventory;
    schedule = await armSchedule(agent, node.timeZone, node.name);
    // On a file system of the network inotify sees no change, and waiting for it could hold up the daemon.
    const watched = agent.config().watch.paths;
    const fileSystem = watched.length === 0 ? null : await fileSystems();
    const isLocal = (path: string) => fileSystem === null || fileSystem(root.at(path)) === root.at(path);
    await armWatch(watchedPaths(node.paths, options.configFile, watched, isLocal).map((path) => root.at(path)));
    if (stopped) return;
    const named = [
      momentOf(view),
      signingMoment(view)?.at ?? null,
      turningPoint(view),
      checkAgain(view),
      agent.heldUntil(),
    ].reduce(earlier);
    // Never a hot loop, should a check not do what its own decision promised.
    const next = named === null ? schedule.at : Math.min(Math.max(named, now() + LEAST_PAUSE), schedule.at);
    alarm.set(next);
    agent.setNextCheck(next);
  };
  /** One arming at a time: two would make two watchers, and one of them would never be closed. */
  const arming = makeTurns();

  return {
    later(agent) {
      if (stopped) return;
      const at = Math.min(now() + FAILED_AGAIN, schedule?.at ?? Number.POSITIVE_INFINITY);
      alarm.set(at);
      agent.setNextCheck(at);
    },
    rearm: (agent) => arming.exclusive(() => arm(agent)),
    async stop() {
      // A check that ends after this must not arm anything again.
      stopped = true;
      alarm.stop();
      changes.stop();
      await arming.idle();
      await watch?.handle.close();
    },
  };
}

/** Passes on at most `most` calls in a time; of those beyond that, the last one when it is over. */
export function sparingly(
  { most, within }: { most: number; within: number },
  fire: (why: string) => void,
): { fire(why: string): void; stop(): void } {
  const fired: number[] = [];
  let waiting: NodeJS.Timeout | undefined;
  const pass = (why: string): void => {
    fired.push(performance.now());
    if (fired.length > most) fired.shift();
    fire(why);
  };
  return {
    fire(why) {
      const left = fired.length < most ? 0 : fired[0]! + within - performance.now();
      clearTimeout(waiting);
      if (left <= 0) pass(why);
      else waiting = setTimeout(() => pass(why), left);
    },
    stop: () => clearTimeout(waiting),
  };
}

/** When to check the node regardless of the schedule; null when not needed. */
function momentOf({ inventory, decisions: { renewal } }: View): Instant | null {
  const promised = renewal.kind === 'waiting' ? renewal.until : renewal.kind === 'none' ? renewal.nextAt : null;
  // A server has some time to serve a new file before it counts as stale: check again when that time is over.
  const stale = inventory.served.some(({ state }) => state === 'stale') ? inventory.takenAt + STALE_AGAIN : null;
  return earlier(promised, stale);
}

/** The next moment at which a certificate becomes due or urgent, or expires: alerts and status should not be late. */
function turningPoint({ inventory, decisions }: View): Instant | null {
  const moments = decisions.certificates
    .flatMap(({ opensAt, urgentAt, notAfter }) => [opensAt, urgentAt, notAfter + SECOND])
    .filter((moment) => moment > inventory.takenAt);
  return moments.length === 0 ? null : Math.min(...moments);
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
