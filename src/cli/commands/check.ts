import { explain } from '../../domain/model/errors.ts';
import { askDaemonOnly, askStatus } from '../ask.ts';
import { type Context, usage } from '../context.ts';
import { judge, UNKNOWN } from '../render/check.ts';
import { scrub } from '../render/paint.ts';

/** A monitoring system reads the first line of standard output and the exit status, whatever happens. */
export async function run(context: Context): Promise<number> {
  try {
    const limits = { warning: days(context, 'warning'), critical: days(context, 'critical') };
    const report =
      context.options.now === true ? await askDaemonOnly(context, (node) => node.check()) : await askStatus(context);
    const { line, exitCode } = judge(scrub(report), limits, Date.now());
    context.stdout.write(`${line}\n`);
    return exitCode;
  } catch (error) {
    context.stdout.write(unknownLine(explain(error)));
    return UNKNOWN;
  }
}

export function unknownLine(message: string): string {
  // A bar would begin performance data.
  return `CERTAGENT UNKNOWN - ${scrub(message.replaceAll(/\s*\n\s*/g, '; ')).replaceAll('|', '/')}\n`;
}

function days(context: Context, name: 'warning' | 'critical'): number {
  const value = String(context.options[name]);
  if (!/^\d+(\.\d+)?$/.test(value)) throw usage(`--${name} ${value} is no number of days`, `Write --${name} 14`);
  return Number(value);
}
