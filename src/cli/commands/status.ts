import type { StatusReport } from '../../domain/model/status.ts';
import { printableJson } from '../../domain/text/printable.ts';
import { printed } from '../../domain/time/printed.ts';
import { askNode, askStatus } from '../ask.ts';
import { type Context, dataText, print, usage } from '../context.ts';
import { renderCluster } from '../render/cluster-view.ts';
import { renderStatus } from '../render/status.ts';
import { inWindow } from '../render/window.ts';
import { filtered, type StatusFilter, statusFilter } from '../status-filter.ts';

export async function run(context: Context): Promise<number> {
  if (context.options.cluster === true) return cluster(context);
  const filter = statusFilter(context);
  if (context.options.watch === true) return watch(context, filter);
  const report = await askStatus(context);
  print(context, filtered(report, filter), () => text(report, context, filter));
  return context.stdout.leave(0);
}

async function cluster(context: Context): Promise<number> {
  if (context.options.watch === true)
    throw usage('--cluster and --watch cannot be used together', 'Use: watch certagent status --cluster');
  const { words } = statusFilter(context);
  if (words !== '')
    throw usage(
      `--cluster and ${words} cannot be used together`,
      'Use: certagent status --cluster, or without --cluster.',
    );
  const { answer } = await askNode(context, (node) => node.cluster());
  const { paint, width, stdout } = context;
  print(context, answer, () => renderCluster(answer, { paint, width }));
  return stdout.leave(0);
}

/** Until it is interrupted. On a terminal each drawing replaces the previous one; with -o json each report is one line. */
async function watch(context: Context, filter: StatusFilter): Promise<number> {
  const { setTimeout: sleep } = await import('node:timers/promises');
  for (;;) {
    const report = await askStatus(context);
    const data = filtered(report, filter);
    if (context.output === 'json') context.stdout.write(`${printableJson(JSON.stringify(printed(data)))}\n`);
    else if (context.output === 'yaml') context.stdout.write(`---\n${dataText(context, data)}\n`);
    else
      context.stdout.write(
        context.stdout.isTTY
          ? `${TOP}${drawing(report, context, filter)}${REST}`
          : `${text(report, context, filter)}\n`,
      );
    await sleep(EVERY);
  }
}

const EVERY = 2_000;
const TOP = '\u001b[H\u001b[2J';
const REST = '\u001b[J';

function drawing(report: StatusReport, context: Context, filter: StatusFilter): string {
  const { columns, rows } = context.stdout;
  return inWindow(text(report, context, filter), { width: columns || 80, height: rows || 24 });
}

function text(report: StatusReport, { paint, stdout, output }: Context, filter: StatusFilter): string {
  // Read again at each drawing: the window may have been resized.
  const width = stdout.isTTY ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
  return renderStatus(report, { paint, width, wide: output === 'wide', filter });
}
