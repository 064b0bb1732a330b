import type { Dispatch } from '../domain/alerts/alert.ts';
import { CertagentError, explain } from '../domain/model/errors.ts';
import { backOff } from '../domain/time/back-off.ts';
import { DAY, HOUR, MINUTE } from '../domain/time/duration.ts';
import type { Log } from '../host/logger.ts';
import { type Sink, SinkError } from './sink.ts';
import type { Spool } from './spool.ts';
import { spread } from './spread.ts';

/** Milliseconds. `first` and `most` bound the wait between tries, `keep` is how long certagent tries to deliver one. */
export type Pace = { first: number; most: number; keep: number };

export const PACE: Pace = { first: MINUTE, most: HOUR, keep: 7 * DAY };

/** After so many refusals of one message by a sink that accepts others, it is given up: the next ones must not wait a week. */
const TRIES_OF_A_REFUSED = 6;

const LASTING = { tries: 3, time: 15 * MINUTE };

/** Whether a sink has failed for so long (milliseconds) that a person should know: one that is away for a moment is not worth an alert. */
export function isLasting(failures: number, failingFor: number): boolean {
  return failures >= LASTING.tries || (failures > 0 && failingFor >= LASTING.time);
}

/**
 * Carries one sink's spool to it, in order, one at a time. It promises "at least once": when certagent is killed after the
 * sink accepted a dispatch and before that was noted, the next process sends it again, under the same id (webhook-id,
 * Message-ID), by which a receiver recognises it. What was noted as accepted is never sent again.
 */
export type Courier = {
  /** There is something to deliver; a wait between tries continues. */
  wake(): void;
  /**
   * Sends what `make` returns after what waits, in the same order as that: so it cannot arrive after a later clearing. It is not
   * kept, and its failure is not counted; while messages fail or wait, it is left out.
   */
  refresh(make: () => Dispatch | null): Promise<void>;
  /** Tries now, whatever the wait, and resolves when nothing waits or a try failed. */
  flush(): Promise<void>;
  /** The last try failed. */
  failing(): boolean;
  /** So many tries failed, or for so long, that a person should know. */
  lasting(): boolean;
  /** Lets the current delivery end, for `patience` milliseconds at most; what is left stays in the spool. */
  stop(patience: number): Promise<void>;
};

/** `monotonic`: milliseconds of a clock that nobody sets. */
export function makeCourier(options: {
  sink: Sink;
  spool: Spool;
  log: Log;
  pace: Pace;
  monotonic?: (() => number) | undefined;
}): Courier {
  const { sink, spool, log, pace, monotonic = () => performance.now() } = options;
  const ending = new AbortController();
  let failures = 0;
  let failingSince = 0;
  let running: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let woken = false;
  let stopped = false;

  const deliver = async (): Promise<void> => {
    for (;;) {
      const next = stopped ? null : await spool.first();
      if (next === null) return;
      const { name, dispatch, tried } = next;
      if (tried > pace.keep) {
        log.error(
          { sink: sink.name, dispatch: dispatch.id },
          'gave up an alert that the sink did not accept for too long',
        );
        await spool.remove(name);
        continue;
      }
      try {
        const said = await sink.send(dispatch, ending.signal);
        await spool.remove(name);
        failures = 0;
        log.info(
          { sink: sink.name, dispatch: dispatch.id, alerts: dispatch.notifications.length },
          `alert sent: ${said}`,
        );
      } catch (error) {
        if (stopped) return;
        failures += 1;
        if (failures === 1) failingSince = monotonic();
        const remedy = error instanceof CertagentError && failures === 1 ? { remedy: error.remedy } : {};
        log.warn({ sink: sink.name, dispatch: dispatch.id, failures, waiting: spool.size(), ...remedy }, reason(error));
        if (error instanceof SinkError && error.refusesMessage && failures >= TRIES_OF_A_REFUSED) {
          log.error({ sink: sink.name, dispatch: dispatch.id }, 'gave up an alert that the sink refuses');
          await spool.remove(name);
        } else await spool.failed(name);
        wait(error instanceof SinkError ? error.retryAfter : null);
        return;
      }
    }
  };

  const wait = (retryAfter: number | null): void => {
    const delay =
      retryAfter === null ? spread(backOff(failures, pace)) : Math.min(Math.max(retryAfter, pace.first), DAY);
    timer = setTimeout(() => {
      timer = null;
      start();
    }, delay);
    timer.unref();
  };

  const start = (): Promise<void> => {
    if (running !== null) {
      woken = true;
      return running;
    }
    return inTurn(deliver);
  };

  /** One at a time. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    running = work()
      .catch((error) => log.error({ sink: sink.name }, reason(error)))
      .finally(() => {
        running = null;
        // Something may have arrived since the spool was last read.
        if (woken && timer === null && !stopped) void start();
        woken = false;
      });
    return running;
  };

  const sendUnkept = async (make: () => Dispatch | null): Promise<void> => {
    const dispatch = stopped || spool.size() > 0 ? null : make();
    if (dispatch === null) return;
    try {
      const said = await sink.send(dispatch, ending.signal);
      log.debug({ sink: sink.name, alerts: dispatch.notifications.length }, `active alerts sent again: ${said}`);
    } catch (error) {
      if (!stopped) log.debug({ sink: sink.name }, `active alerts could not be sent again: ${reason(error)}`);
    }
  };

  return {
    refresh(make) {
      if (running !== null || stopped) return Promise.resolve();
      return inTurn(() => sendUnkept(make));
    },
    wake() {
      if (timer === null && !stopped) void start();
    },
    async flush() {
      if (running !== null) await running;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      await start();
    },
    failing: () => failures > 0,
    lasting: () => isLasting(failures, monotonic() - failingSince),
    async stop(patience) {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      timer = null;
      if (running === null) return;
      const limit = setTimeout(() => ending.abort(), patience);
      await running;
      clearTimeout(limit);
    },
  };
}

function reason(error: unknown): string {
  return error instanceof CertagentError ? error.message : explain(error);
}
