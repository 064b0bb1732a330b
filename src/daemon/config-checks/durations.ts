import type { Problem } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';
import { DAY, formatDuration, HOUR, MINUTE, SECOND } from '../../domain/time/duration.ts';

/** What each duration is on nodes that work. Outside of it, a unit was probably mistaken. */
const USUAL: [key: string, read: (config: Config) => number, least: number, most: number][] = [
  ['windows.opens', ({ windows }) => windows.opens, HOUR, 365 * DAY],
  ['windows.urgent', ({ windows }) => windows.urgent, 10 * MINUTE, 180 * DAY],
  ['alerts.repeat', ({ alerts }) => alerts.repeat, 5 * MINUTE, 31 * DAY],
  ['copies.grace', ({ copies }) => copies.grace, 0, 365 * DAY],
  ['renew.kubeadm_limit', ({ renew }) => renew.kubeadm_limit, 10 * SECOND, 30 * MINUTE],
  ['renew.component_limit', ({ renew }) => renew.component_limit, 30 * SECOND, HOUR],
  ['renew.etcd_patience', ({ renew }) => renew.etcd_patience, 0, 10 * MINUTE],
  ['renew.restart_limit', ({ renew }) => renew.restart_limit, 30 * SECOND, 2 * HOUR],
  ['renew.settle', ({ renew }) => renew.settle, SECOND, 10 * MINUTE],
  ['renew.listener_limit', ({ renew }) => renew.listener_limit, 45 * SECOND, HOUR],
  ['renew.served_limit', ({ renew }) => renew.served_limit, 10 * SECOND, HOUR],
];

/** Durations that are valid and cannot be meant: repeat = "1s", opens = "900d". */
export function unusualDurations(config: Config): Problem[] {
  return [
    ...USUAL.flatMap(([key, read, least, most]) => problem(key.split('.'), read(config), least, most)),
    ...shortWindow(config),
    ...config.alerts.command.flatMap(({ limit }, index) =>
      problem(['alerts', 'command', index, 'limit'], limit, SECOND, 10 * MINUTE),
    ),
    ...config.alerts.heartbeat.flatMap(({ every }, index) =>
      every === undefined ? [] : problem(['alerts', 'heartbeat', index, 'every'], every, MINUTE, DAY),
    ),
  ];
}

/** The same time twice is the whole day. */
function shortWindow({ maintenance: { start, end } }: Config): Problem[] {
  const length = ((end - start) * MINUTE + DAY) % DAY;
  if (length === 0 || length >= SHORTEST_WINDOW) return [];
  const message = `makes a window of ${formatDuration(length)}: ${formatDuration(SHORTEST_WINDOW)} or more is usual`;
  return [{ path: ['maintenance', 'end'], message }];
}

const SHORTEST_WINDOW = 10 * MINUTE;

function problem(path: Problem['path'], value: number, least: number, most: number): Problem[] {
  if (value < least) return [{ path, message: `is unusually short: ${formatDuration(least)} or more is usual` }];
  if (value > most) return [{ path, message: `is unusually long: ${formatDuration(most)} or less is usual` }];
  return [];
}
