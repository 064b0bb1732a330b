import { isHidden, parseRange, type Range } from '../../domain/fleet/range.ts';
import { errorCode, explain } from '../../domain/model/errors.ts';
import type { StatusReport } from '../../domain/model/status.ts';
import { short } from '../../domain/text/printable.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { askDaemonOnly, askStatus } from '../ask.ts';
import { type Context, usage } from '../context.ts';
import { CRITICAL, judge, type Thresholds, UNKNOWN } from '../render/check.ts';
import { scrub } from '../render/paint.ts';

/** A monitoring system only reads the first line of standard output and the exit status, also after an error. */
export async function run(context: Context): Promise<number> {
  const { stdout, options } = context;
  try {
    const thresholds = thresholdsOf(context);
    const report = await inTime(context, secondsOf(context));
    if (report === null) {
      stdout.write(failedLine(`no answer within ${options.timeout} s`, 'CRITICAL'));
      return stdout.leave(CRITICAL);
    }
    const { line, details, exitCode } = judge(scrub(report), thresholds, Date.now());
    stdout.write([line, ...(options.verbose === true ? details : [])].map((each) => `${each}\n`).join(''));
    return stdout.leave(exitCode);
  } catch (error) {
    const isOurs = NOT_THE_NODE.includes(errorCode(error));
    stdout.write(failedLine(explain(error), isOurs ? 'UNKNOWN' : 'CRITICAL'));
    return isOurs ? UNKNOWN : CRITICAL;
  }
}

/** What says nothing about the node: the command line, or this user's rights. Else the node could not be read, and no one knows when it fails. */
const NOT_THE_NODE = ['USAGE', 'NOT_ROOT', 'PERMISSION', 'NO_DAEMON', 'ROOT_MISSING', 'CONFIG_MISSING'];

export function failedLine(message: string, state: 'UNKNOWN' | 'CRITICAL'): string {
  // A vertical bar starts the performance data.
  return `CERTAGENT ${state} - ${scrub(message.replaceAll(/\s*\n\s*/g, '; ')).replaceAll('|', '/')}\n`;
}

/** null: there was no answer in time. */
async function inTime(context: Context, seconds: number): Promise<StatusReport | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, seconds * SECOND, null);
  });
  const asked = context.options.now === true ? askDaemonOnly(context, (node) => node.check()) : askStatus(context);
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

function secondsOf({ options }: Context): number {
  const value = String(options.timeout);
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
  throw usage(`--timeout ${short(value, 60)} is not a number of seconds from 1 to 9999`, 'Use for example -t 30.');
}

/** Throws CertagentError USAGE. */
function thresholdsOf({ options }: Context): Thresholds {
  const warning = range(options, 'warning');
  const critical = range(options, 'critical');
  if (!isHidden(warning, critical)) return { warning, critical };
  throw usage(
    `--warning ${options.warning} is inside --critical ${options.critical}: a certificate would be critical before it is a warning`,
    'Let --warning begin earlier than --critical, for example -w 30 -c 7.',
  );
}

function range(options: Context['options'], name: 'warning' | 'critical'): Range {
  const value = String(options[name]);
  const parsed = parseRange(value);
  if (parsed !== null) return parsed;
  throw usage(
    `--${name} ${short(value, 60)} is not a number of days, and not a range of them`,
    `Use a number or a range, for example --${name} 14 or --${name} @10:20.`,
  );
}
