import { EXIT_CODES, fleetReport } from '../../domain/fleet/summary.ts';
import { short } from '../../domain/text/printable.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { type Context, print, usage } from '../context.ts';
import { limitsOf } from '../limits.ts';
import { renderFleet } from '../render/fleet.ts';

export async function run(context: Context): Promise<number> {
  const { options, stdin, stdout, paint, width, output } = context;
  const limits = limitsOf(context);
  const hosts = typeof options.hosts === 'string' ? options.hosts : null;
  const { gather } = await import('../../fleet/gather.ts');
  const line = counter(context.stderr);
  const answers = await gather(
    { hosts, files: filesOf(context, hosts), stdin },
    {
      root: context.root,
      parallel: wholeNumber(options, 'parallel', 200),
      limit: wholeNumber(options, 'timeout', 3600) * SECOND,
      now: Date.now,
      progress: line.show,
    },
  ).finally(line.end);
  const report = fleetReport(answers, limits, Date.now());
  if (output === 'html') stdout.write((await import('../render/fleet-page.ts')).fleetPage(report));
  else print(context, report, () => renderFleet(report, { paint, width }));
  return stdout.leave(EXIT_CODES[report.level]);
}

/** Without files and hosts, what is piped in. */
function filesOf({ words, stdin }: Context, hosts: string | null): string[] {
  if ([hosts, ...words].filter((file) => file === '-').length > 1)
    throw usage('standard input (-) was named twice', 'Name it once.');
  if (words.length > 0 || hosts !== null) return words;
  if (stdin.isTTY)
    throw usage(
      'neither hosts nor files were named',
      'Use --hosts FILE, name files, or pipe statuses into certagent fleet.',
    );
  return ['-'];
}

function wholeNumber(options: Context['options'], name: string, most: number): number {
  const value = String(options[name]);
  if (/^[1-9]\d{0,5}$/.test(value) && Number(value) <= most) return Number(value);
  throw usage(`--${name} ${short(value, 60)} is not a whole number from 1 to ${most}`, `Use for example --${name} 10.`);
}

/** How many hosts have answered, in one line that is drawn over; nothing where nobody watches. */
function counter(out: NodeJS.WriteStream): { show(done: number, all: number): void; end(): void } {
  let drawn = false;
  return {
    show(done, all) {
      if (!out.isTTY) return;
      drawn = true;
      out.write(`\r\u001b[2K${done} of ${all} hosts have answered`);
    },
    end() {
      if (drawn) out.write('\r\u001b[2K');
    },
  };
}
