import type { Limits } from '../domain/fleet/troubles.ts';
import { short } from '../domain/text/printable.ts';
import { type Context, usage } from './context.ts';

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
