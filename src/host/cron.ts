// The one importer of node-cron, loaded on first use. It serves as a calculator: it validates an expression and says when
// that fires next, in a time zone with its daylight saving. Its own timers are not used: daemon/triggers.ts has one timer
// for everything that it waits for, and that one also copes with clocks that jump.
import type { NodeCron } from 'node-cron';
import type { Instant } from '../domain/model/certificate.ts';

const FIELDS = 5;
const FIELD_NAMES: Record<string, string> = { dayOfMonth: 'day of month', dayOfWeek: 'day of week' };
/** node-cron would print to the console, which is the daemon's structured log. */
const SILENT = { info() {}, warn() {}, error() {}, debug() {} };

/** What is wrong with a cron expression of five fields, one sentence for each fault; empty when it is valid. */
export async function validateCron(expression: string): Promise<string[]> {
  const fields = expression.trim().split(/\s+/).length;
  // node-cron also takes a sixth field for seconds, and names such as "@daily": one way to write a schedule is enough.
  if (fields !== FIELDS) return [`has ${fields} cron ${fields === 1 ? 'field' : 'fields'} instead of ${FIELDS}`];
  const cron = await load();
  const { errors } = cron.validateDetailed(expression);
  return errors.map(({ field }) => `has an invalid ${FIELD_NAMES[field] ?? field} field`);
}

/** Says when a valid expression fires next in a time zone, counted from the system's clock. */
export async function cronIn(expression: string, timeZone: string): Promise<() => Instant> {
  const nextRuns = await runsIn(expression, timeZone);
  return () => nextRuns(1)[0]!;
}

/** The next `count` times that the expression fires, in the given time zone, counted from the system's clock. */
export async function nextRuns(expression: string, timeZone: string, count: number): Promise<Instant[]> {
  return (await runsIn(expression, timeZone))(count);
}

async function runsIn(expression: string, timezone: string): Promise<(count: number) => Instant[]> {
  const cron = await load();
  const task = cron.createTask(expression, () => {}, { timezone, logger: SILENT });
  // Never started: node-cron need not list it.
  await task.destroy();
  return (count) => task.getNextRuns(count).map((date) => date.getTime());
}

let loaded: Promise<NodeCron> | undefined;

function load(): Promise<NodeCron> {
  loaded ??= import('node-cron').then((module) => module.nodeCron);
  return loaded;
}
