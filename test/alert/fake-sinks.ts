// Sinks whose behaviour the test decides, and the service that sends to them.
import { readdir } from 'node:fs/promises';
import type { Pace } from '../../src/alert/courier.ts';
import { type AlertServiceOptions, openAlerts } from '../../src/alert/service.ts';
import type { Sink } from '../../src/alert/sink.ts';
import { parseConfig } from '../../src/config/load.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import type { Root } from '../../src/host/root.ts';
import { AT, keepLog, stopBeforeRemoval } from './support.ts';

export const QUICK: Pace = { first: 5, most: 20, keep: 7 * DAY };

/** A sink whose behaviour the test decides. */
export function fakeSink(name: string, send: Sink['send'] = async () => 'taken') {
  const taken: string[] = [];
  const state = { send };
  const sink: Sink = {
    name,
    least: 'info',
    async send(given, signal) {
      const said = await state.send(given, signal);
      taken.push(given.id);
      return said;
    },
  };
  return { sink, taken, state };
}

/** The service on this root, quick to try again and stopped after the test; `lines` is what it logs. */
export async function open(root: Root, change: Partial<AlertServiceOptions>) {
  const { alerts: config } = await parseConfig('', 'config.toml');
  const { log, lines } = keepLog();
  const service = await openAlerts({ root, config, now: () => AT, log, pace: QUICK, ...change });
  stopBeforeRemoval(root, () => service.stop(0));
  return { service, lines };
}

/** How many alerts wait for a sink. */
export const spooled = async (root: Root, sink: string): Promise<number> =>
  (await readdir(root.at(`/var/lib/certagent/spool/${sink}`)).catch(() => [])).length;
