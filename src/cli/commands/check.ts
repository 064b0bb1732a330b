import type { Limits } from '../../domain/fleet/troubles.ts';
import { explain } from '../../domain/model/errors.ts';
import { short } from '../../domain/text/printable.ts';
import { askDaemonOnly, askStatus } from '../ask.ts';
import { type Context, usage } from '../context.ts';
import { judge, UNKNOWN } from '../render/check.ts';
import { scrub } from '../render/paint.ts';

/** A monitoring system only reads the first line of standard output and the exit status, also after an error. */
export async function run(context: Context): Promise<number> {
  try {
    const limits = limitsOf(context);
    const report =
      context.options.now === true ? await askDaemonOnly(context, (node) => node.check()) : await askStatus(context);
    const { line, exitCode } = judge(scrub(report), limits, Date.now());
    context.stdout.write(`${line}\n`);
    return context.stdout.leave(exitCode);
  } catch (error) {
    context.stdout.write(unknownLine(explain(error)));
    return UNKNOWN;
  }
}

export function unknownLine(message: string): string {
  // A vertical bar starts the performance data.
  return `CERTAGENT UNKNOWN - ${scrub(message.replaceAll(/\s*\n\s*/g, '; ')).replaceAll('|', '/')}\n`;
}

/** Throws CertagentError USAGE. */
export function limitsOf({ options }: Context): Limits {
  const warning = days(options, 'warning');
  const critical = days(options, 'critical');
  if (warning >= critical) return { warning, critical };
  throw usage(
    `--warning ${warning} is less than --critical ${critical}: a certificate would be critical before it is a warning`,
    'Use at least as many days for --warning as for --critical, for example -w 30 -c 7.',
  );
}

function days(options: Context['options'], name: 'warning' | 'critical'): number {
  const value = String(options[name]);
  // "30:" is the range of the monitoring plugins for "alarm below 30".
  const number = /^(\d+(?:\.\d+)?):?$/.exec(value)?.[1];
  if (number === undefined)
    throw usage(`--${name} ${short(value, 60)} is not a number of days`, `Use a number, for example --${name} 14.`);
  return Number(number);
}
