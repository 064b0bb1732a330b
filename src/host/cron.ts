// The one importer of node-cron, loaded on first use.
import type { NodeCron } from 'node-cron';
import type { Instant } from '../domain/model/certificate.ts';
import { MINUTE } from '../domain/time/duration.ts';

/** A running schedule. `next` is when it fires next; `stop` ends it for good. */
export type CronTask = { next(): Instant | null; stop(): void };

const FIELDS = 5;
const FIELD_NAMES: Record<string, string> = { dayOfMonth: 'day of month', dayOfWeek: 'day of week' };
/** node-cron would print to the console, which is the daemon's structured log. */
const SILENT = { info() {}, warn() {}, error() {}, debug() {} };

/** What is wrong with a cron expression of five fields, one sentence for each fault; empty when it is good. */
export async function validateCron(expression: string): Promise<string[]> {
  const fields = expression.trim().split(/\s+/).length;
  // node-cron also takes a sixth field for seconds and names as "@daily": one way to write it is enough.
  if (fields !== FIELDS) return [`has ${fields} cron fields, wanted ${FIELDS}`];
  const cron = await load();
  const { errors } = cron.validateDetailed(expression);
  return errors.map(({ field }) => `has a bad ${FIELD_NAMES[field] ?? field} field`);
}

/** The next `count` times the expression fires, in the given time zone, counted from the system's clock. */
export async function nextRuns(expression: string, timeZone: string, count: number): Promise<Instant[]> {
  const cron = await load();
  const task = cron.createTask(expression, () => {}, { timezone: timeZone, logger: SILENT });
  try {
    return task.getNextRuns(count).map((date) => date.getTime());
  } finally {
    task.destroy();
  }
}

/** As `nextRuns`, the first one. */
export async function nextRun(expression: string, timeZone: string): Promise<Instant> {
  const [first] = await nextRuns(expression, timeZone, 1);
  return first!;
}

/**
 * Calls `fire` whenever the expression says. A moment that was slept through (suspended machine, stopped process) fires
 * once at waking, and so does a clock that was set back: node-cron would wait for the moment that the wrong clock named.
 * (The clock is looked at every `clockInterval` milliseconds.) `fire` must not throw; calls can overlap when it takes
 * longer than the interval.
 */
export async function schedule(
  expression: string,
  timeZone: string,
  fire: () => void,
  clockInterval: number = MINUTE,
): Promise<CronTask> {
  const cron = await load();
  let lastFired = 0;
  const once = () => {
    // Each missed slot is told by itself; one check makes up for all of them.
    if (Date.now() - lastFired < 1_000) return;
    lastFired = Date.now();
    fire();
  };
  const start = () => {
    const task = cron.createTask(expression, once, { timezone: timeZone, logger: SILENT });
    task.on('execution:missed', once);
    task.start();
    return task;
  };
  let task = start();
  let seen = Date.now();
  const setBack = setInterval(() => {
    const before = seen;
    seen = Date.now();
    if (seen >= before) return;
    void task.destroy();
    task = start();
    lastFired = 0;
    once();
  }, clockInterval).unref();
  let stopped = false;
  return {
    next: () => (stopped ? null : (task.getNextRun()?.getTime() ?? null)),
    stop: () => {
      stopped = true;
      clearInterval(setBack);
      void task.destroy();
    },
  };
}

let loaded: Promise<NodeCron> | undefined;

function load(): Promise<NodeCron> {
  loaded ??= import('node-cron').then((module) => module.nodeCron);
  return loaded;
}
