import { LONGEST_HOOK } from '../domain/model/hook.ts';
import { DAY, formatDuration, MINUTE } from '../domain/time/duration.ts';
import { nextRuns, validateCron } from '../host/cron.ts';
import { certificateCopyRules } from './copy-rules.ts';
import { identityProblems } from './node-labels.ts';
import { type Config, DEFAULT_INTERVAL, DEFAULT_SCHEDULE } from './schema.ts';
import { namedSinks, SINKS } from './sinks/index.ts';
import type { SinkKind } from './sinks/sink-kind.ts';
import type { KeyPath } from './toml.ts';
import { userCertificateRules } from './user-keys.ts';

/** `also`: the other keys it is about, for its line when `path` is not in the file. */
export type Problem = { path: KeyPath; also?: KeyPath[]; message: string };

/** The schema checks each key by itself. Here are the rules between keys, and those that need a lookup. */
export async function brokenRules(config: Config): Promise<Problem[]> {
  const schedule = await scheduleOf(config.check.schedule);
  return [
    ...timeZone(config),
    ...checks(config, schedule),
    ...windows(config, schedule),
    ...hooks(config),
    ...externalCa(config),
    ...certificateCopyRules(config.copies.certificates),
    ...userCertificateRules(config.users.certificates),
    ...sinkNames(config),
    ...sinkKeys(config),
    ...identityProblems(config),
  ];
}

function timeZone({ maintenance }: Config): Problem[] {
  const name = maintenance.time_zone;
  return name === 'node' || isTimeZone(name)
    ? []
    : [
        {
          path: ['maintenance', 'time_zone'],
          message: 'is not an IANA time zone: use a name such as "Europe/Berlin", or "node"',
        },
      ];
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** `interval`: the longest time between two checks; null when the expression has faults. */
type Schedule = { faults: string[]; interval: number | null };

/** The default is known to be valid: most nodes then never load the package that calculates schedules. */
async function scheduleOf(expression: string): Promise<Schedule> {
  if (expression === DEFAULT_SCHEDULE) return { faults: [], interval: DEFAULT_INTERVAL };
  const faults = await validateCron(expression);
  return { faults, interval: faults.length > 0 ? null : await longestInterval(expression) };
}

function checks({ check }: Config, { faults, interval }: Schedule): Problem[] {
  if (interval === null) return faults.map((message) => ({ path: ['check', 'schedule'], message }));
  return check.jitter < interval
    ? []
    : [
        {
          path: ['check', 'jitter'],
          message: `must be less than the time between two checks (${formatDuration(interval)})`,
        },
      ];
}

/** Between windows.opens and windows.urgent there must be time for two checks after the longest gap between maintenance windows. */
function windows(config: Config, { interval }: Schedule): Problem[] {
  const { opens, urgent } = config.windows;
  if (urgent >= opens)
    return [
      {
        path: ['windows', 'urgent'],
        also: [['windows', 'opens']],
        message: `must be less than windows.opens (${formatDuration(opens)})`,
      },
    ];
  if (interval === null) return [];
  const gap = longestMaintenanceGap(config.maintenance);
  const needed = 2 * interval + gap;
  if (opens - urgent >= needed) return [];
  return [
    {
      path: ['windows', 'opens'],
      also: [['windows', 'urgent'], ['check', 'schedule'], ['maintenance']],
      message:
        `leaves ${formatDuration(opens - urgent)} before windows.urgent, which is not enough for two checks ` +
        `(${formatDuration(interval)} apart) and ${formatDuration(gap)} without a maintenance window: ` +
        `it needs at least ${formatDuration(needed)}`,
    },
  ];
}

/** A year of an expression that fires monthly or oftener; rarer ones show their gap in these too. */
const SAMPLE = 64;

export async function longestInterval(expression: string): Promise<number> {
  const runs = await nextRuns(expression, 'UTC', SAMPLE);
  return Math.max(...runs.slice(1).map((at, index) => at - runs[index]!));
}

/** Milliseconds; in local time, so daylight saving changes it by an hour at most. */
export function longestMaintenanceGap({ days, start, end }: Config['maintenance']): number {
  const length = end === start ? DAY : ((end - start) * MINUTE + DAY) % DAY;
  const starts = [...new Set(days)].sort((a, b) => a - b).map((day) => day * DAY);
  const gaps = starts.map((at, index) => {
    const next = starts[index + 1] ?? starts[0]! + 7 * DAY;
    return next - at - length;
  });
  return Math.max(0, ...gaps);
}

/** No shell looks a program up, and systemd ends certagent where a hook keeps it from stopping. */
function hooks({ hooks: all }: Config): Problem[] {
  return all.flatMap(({ command, limit }, index) => [
    ...(command[0]?.startsWith('/') === true
      ? []
      : [{ path: ['hooks', index, 'command'], message: 'must begin with the absolute path of a program' }]),
    ...(limit > 0 && limit <= LONGEST_HOOK
      ? []
      : [{ path: ['hooks', index, 'limit'], message: `must be at most ${formatDuration(LONGEST_HOOK)}, and not 0` }]),
  ]);
}

/** As a hook. */
function externalCa({ external_ca: { command, limit } }: Config): Problem[] {
  const isNamed = command.length === 0 || command[0]?.startsWith('/') === true;
  return [
    ...(isNamed
      ? []
      : [{ path: ['external_ca', 'command'], message: 'must begin with the absolute path of a program' }]),
    ...(limit > 0 && limit <= LONGEST_HOOK
      ? []
      : [{ path: ['external_ca', 'limit'], message: `must be at most ${formatDuration(LONGEST_HOOK)}, and not 0` }]),
  ];
}

/** A sink's name is its spool directory and what errors call it. */
function sinkNames({ alerts }: Config): Problem[] {
  const seen = new Set<string>();
  return namedSinks(alerts).flatMap(({ kind, index, name }) => {
    if (seen.has(name))
      return [{ path: ['alerts', kind, index, 'name'], message: 'is already the name of another sink' }];
    seen.add(name);
    return [];
  });
}

/** Keys of a sink that need one another. */
function sinkKeys({ alerts }: Config): Problem[] {
  return namedSinks(alerts).flatMap(({ kind, index, settings }) =>
    (SINKS[kind] as SinkKind<unknown, typeof settings>)
      .problems(settings)
      .map(({ key, message }) => ({ path: ['alerts', kind, index, key], message })),
  );
}
