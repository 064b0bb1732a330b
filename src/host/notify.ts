import { run } from './commands.ts';
import { PROGRAMS } from './programs.ts';
import type { Root } from './root.ts';

/** Talks to systemd's notification socket; every call is a no-op where there is none. */
export type Notifier = {
  ready(status: string): Promise<void>;
  status(line: string): Promise<void>;
  reloading(): Promise<void>;
  stopping(): Promise<void>;
  watchdog(): Promise<void>;
  /** Milliseconds between two watchdog messages (half of systemd's limit); null without a watchdog. */
  watchdogInterval: number | null;
};

/**
 * Node cannot send datagrams to a unix socket, so `systemd-notify` does. It exits 0 even when systemd ignores it.
 * A lost status line must not stop certagent: failures are ignored.
 */
export function makeNotifier(root: Root, environment: NodeJS.ProcessEnv): Notifier {
  const socket = environment.NOTIFY_SOCKET;
  const send = async (...fields: string[]) => {
    if (socket === undefined) return;
    await run(root, 'systemd-notify', [`--pid=${process.pid}`, ...fields], {
      limit: PROGRAMS.notify.limit,
      env: { NOTIFY_SOCKET: socket },
    }).catch(() => {});
  };
  const limit = Number(environment.WATCHDOG_USEC ?? 0) / 1_000;
  return {
    ready: (status) => send('READY=1', `STATUS=${oneLine(status)}`),
    status: (line) => send(`STATUS=${oneLine(line)}`),
    // systemd (253 and later) wants the moment of CLOCK_MONOTONIC, which is what hrtime reads.
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1_000n}`),
    stopping: () => send('STOPPING=1'),
    watchdog: () => send('WATCHDOG=1'),
    watchdogInterval: socket !== undefined && limit > 0 ? limit / 2 : null,
  };
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 200);
