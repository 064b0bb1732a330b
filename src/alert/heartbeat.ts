import type { Config } from '../config/schema.ts';
import type { HeartbeatSettings } from '../config/sinks/heartbeat-keys.ts';
import { namedSinks } from '../config/sinks/index.ts';
import { explain } from '../domain/model/errors.ts';
import type { SinkResult } from '../domain/model/status.ts';
import { backOff } from '../domain/time/back-off.ts';
import { MINUTE } from '../domain/time/duration.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import { isLasting } from './courier.ts';
import { type Pulse, ping } from './heartbeat-ping.ts';
import { spread } from './spread.ts';

/** The heartbeats of the configuration, as one. */
export type Heartbeats = {
  /** A check has ended: pings, without waiting for it. */
  beat(pulse: Pulse): void;
  /** Names of those whose last ping failed. */
  failing(): string[];
  /** Those of them that have failed for so long that a person should know. */
  lasting(): string[];
  /** Pings all of them now. */
  test(pulse: Pulse): Promise<SinkResult[]>;
  /** Resolves when no ping is under way. */
  settled(): Promise<void>;
  /** Lets current pings end, for `patience` milliseconds at most. */
  stop(patience: number): Promise<void>;
};

export type HeartbeatOptions = {
  config: Config['alerts'];
  root: Root;
  log: Log;
  /** Whether the next check is overdue: silence is the alarm then. */
  late: () => boolean;
  /** Milliseconds. `first` and `most` bound the wait after a ping that failed. */
  pace?: { first: number; most: number };
  monotonic?: (() => number) | undefined;
};

const PACE = { first: MINUTE, most: 15 * MINUTE };

export function makeHeartbeats(options: HeartbeatOptions): Heartbeats {
  const all = namedSinks(options.config).flatMap(({ kind, name, settings }) =>
    kind === 'heartbeat' ? [makeHeartbeat(name, settings as HeartbeatSettings, options)] : [],
  );
  return {
    beat: (pulse) => {
      for (const each of all) each.beat(pulse);
    },
    failing: () => all.filter((each) => each.failures() > 0).map(({ name }) => name),
    lasting: () => all.filter((each) => each.lasting()).map(({ name }) => name),
    test: (pulse) => Promise.all(all.map((each) => each.test(pulse))),
    settled: async () => void (await Promise.all(all.map((each) => each.settled()))),
    stop: async (patience) => void (await Promise.all(all.map((each) => each.stop(patience)))),
  };
}

/**
 * A ping says what is so now, so none is kept for later: after a failure the next one, a little later, has the state of then.
 * Between two checks it goes on every `every`, unless the check that was due did not run.
 */
function makeHeartbeat(name: string, settings: HeartbeatSettings, options: HeartbeatOptions) {
  const { root, log, late, pace = PACE, monotonic = () => performance.now() } = options;
  const ending = new AbortController();
  let pulse: Pulse | null = null;
  let failures = 0;
  let failingSince = 0;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;
  let again = false;
  let stopped = false;

  const once = async (): Promise<void> => {
    try {
      const said = await ping(settings, name, root, pulse!, ending.signal);
      if (failures > 0) log.info({ sink: name }, `heartbeat sent again: ${said}`);
      failures = 0;
    } catch (error) {
      if (stopped) return;
      failures += 1;
      if (failures === 1) failingSince = monotonic();
      log.warn({ sink: name, failures }, `heartbeat not sent: ${explain(error)}`);
    }
  };

  const next = (): void => {
    running = null;
    if (stopped) return;
    if (again) {
      start();
      return;
    }
    const delay = failures > 0 ? spread(backOff(failures, pace)) : settings.every;
    if (delay === undefined) return;
    timer = setTimeout(() => {
      if (!late()) start();
    }, delay).unref();
  };

  const start = (): void => {
    clearTimeout(timer);
    again = running !== null;
    if (running === null) running = once().finally(next);
  };

  return {
    name,
    beat(given: Pulse) {
      pulse = given;
      if (!stopped) start();
    },
    failures: () => failures,
    lasting: () => isLasting(failures, monotonic() - failingSince),
    async test(given: Pulse): Promise<SinkResult> {
      try {
        return { sink: name, ok: true, detail: await ping(settings, name, root, given, ending.signal) };
      } catch (error) {
        return { sink: name, ok: false, detail: explain(error) };
      }
    },
    async settled() {
      while (running !== null) await running;
    },
    async stop(patience: number) {
      stopped = true;
      clearTimeout(timer);
      const limit = setTimeout(() => ending.abort(), patience);
      await running;
      clearTimeout(limit);
    },
  };
}
