import { realpath } from 'node:fs/promises';
import { loadKeepingMode } from '../../config/kept-mode.ts';
import { setMode } from '../../config/mode.ts';
import { writableConfig } from '../../config/node-config.ts';
import { remote } from '../../control/client.ts';
import { allLabels } from '../../domain/distributions/names.ts';
import { errorCode } from '../../domain/model/errors.ts';
import type { StatusReport } from '../../domain/model/status.ts';
import { agreed } from '../agreed.ts';
import { askNode, askStatus } from '../ask.ts';
import { requireNamedConfig } from '../config-file.ts';
import { type Context, print } from '../context.ts';
import { renderPlan } from '../render/plan.ts';
import { timesIn } from '../render/time.ts';

/** `certagent enable`: shows what would run and when, asks, and lets the daemon renew. */
export async function run(context: Context): Promise<number> {
  const file = await configFile(context);
  const { config } = await loadKeepingMode(context.root, context.configFile);
  const { mode, maintenance } = config;
  if (mode === 'renew') {
    const status = await statusIfAllowed(context);
    const words = status?.source === 'daemon' ? RENEWS : NOT_RUNNING;
    print(context, { mode, changed: false }, () =>
      isFound(status) ? words : `${noNode()}\n${status?.source === 'daemon' ? WAITS : NOT_RUNNING}`,
    );
    return 0;
  }
  if (context.output === 'text') {
    const { answer } = await askNode(context, (node) => node.plan({ force: false, enabled: true }));
    context.stdout.write(
      `${renderPlan(answer, { paint: context.paint, width: context.width, when: 'once enabled' })}\n`,
    );
    const status = await askStatus(context);
    context.stdout.write(
      `Once enabled, certagent renews automatically ${hours(maintenance)} ${daysOf(maintenance)}, ` +
        `and immediately when a certificate becomes urgent.\n${firstRenewal(status)}`,
    );
    if (!isFound(status)) context.stdout.write(`${noNode()} ${WAITS}\n`);
  }
  if (!(await agreed('Let certagent renew on this node?', context))) {
    context.stdout.write('Nothing was changed: certagent still only observes.\n');
    return 1;
  }
  return change(context, file, 'renew');
}

const RENEWS = 'certagent already renews on this node. What it would do: certagent plan';
const NOT_RUNNING =
  'The mode is already "renew", but no daemon is running: nothing is renewed. Start it: systemctl start certagent';

const WAITS = 'certagent looks for one at every check, and renews its certificates once it is there.';

const noNode = (): string =>
  `No Kubernetes node was found on this machine (neither ${allLabels('nor')}): there is nothing to renew now.`;

const isFound = (status: StatusReport | null): boolean => status === null || status.node.distribution !== null;

/** null: no daemon runs, and this user may not read the node. */
async function statusIfAllowed(context: Context): Promise<StatusReport | null> {
  return askStatus(context).catch((error) => {
    if (errorCode(error) !== 'NOT_ROOT') throw error;
    return null;
  });
}

/** When that begins which the plan shows: the operator agrees to a moment, not only to steps. */
function firstRenewal({ at, node, renewal }: StatusReport): string {
  if (renewal.kind !== 'observing' || renewal.until === null || renewal.blockers.length > 0) return '';
  if (renewal.until <= at) return 'The renewal above begins AT ONCE.\n';
  return `The renewal above begins on ${timesIn(node.timeZone, at).full(renewal.until)} (${node.timeZone}).\n`;
}

function daysOf({ days }: { days: number[] }): string {
  return days.length === 7 ? 'on every day' : 'on the days in maintenance.days';
}

function hours({ start, end }: { start: number; end: number }): string {
  return start === end ? 'at any hour' : `between ${timeOfDay(start)} and ${timeOfDay(end)}`;
}

/** Minutes since midnight as a person writes them. */
function timeOfDay(minutes: number): string {
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Writes the mode and lets a running daemon read it. */
export async function change(context: Context, file: string, mode: 'renew' | 'observe'): Promise<number> {
  const changed = await setMode(file, mode);
  const isReloaded = await reloaded(context);
  const what = mode === 'renew' ? 'certagent renews what is due from now on' : 'certagent only observes from now on';
  print(context, { mode, changed, reloaded: isReloaded }, () =>
    isReloaded ? `${what}.` : `${what}. No daemon is running; it will read this when it starts.`,
  );
  return 0;
}

/** Where the configuration is a link, the file it leads to: that is replaced, not the link. */
export async function configFile(context: Context): Promise<string> {
  const named = await writableConfig(context.root, context.configFile);
  await requireNamedConfig(named, context.configNamed);
  return context.root.isMachine ? realpath(named).catch(() => named) : named;
}

async function reloaded({ root }: Context): Promise<boolean> {
  try {
    await remote(root).reload();
    return true;
  } catch (error) {
    if (errorCode(error) !== 'NO_DAEMON') throw error;
    return false;
  }
}
