import { loadKeepingMode, type Mode, rememberMode } from '../config/kept-mode.ts';
import { serveControl } from '../control/server.ts';
import { errorCode, explain } from '../domain/model/errors.ts';
import { takeLock } from '../host/lock.ts';
import { type Log, makeLog } from '../host/logger.ts';
import { makeNotifier, type Notifier } from '../host/notify.ts';
import { Root, STATE_DIR } from '../host/root.ts';
import { nameProcess } from '../host/self.ts';
import { requireOwnRoot } from '../host/trust.ts';
import { groupId } from '../host/users.ts';
import { type Agent, makeAgent } from './agent.ts';
import { statusLine } from './report.ts';
import { makeTriggers } from './triggers.ts';

/**
 * `certagent run`: lives until SIGTERM or SIGINT, and then ends after the current step. Returns the exit code. Throws when
 * it cannot start (the configuration is refused, another agent runs, a socket cannot be opened), and has let go of
 * everything by then: an open socket or lock would keep the process, and systemd would never count a failed start.
 */
export async function runDaemon(options: { root: string; configFile: string }): Promise<number> {
  const opened = new AsyncDisposableStack();
  try {
    await live(options, opened);
    return 0;
  } finally {
    await opened.disposeAsync();
  }
}

/** `opened`: what was opened last is closed first. */
async function live(options: { root: string; configFile: string }, opened: AsyncDisposableStack): Promise<void> {
  const root = new Root(options.root);
  await requireOwnRoot(root);
  const { config } = await loadKeepingMode(root, options.configFile);
  const log = makeLog(config.log);
  opened.defer(await takeLock(root.at(`${STATE_DIR}/lock`)));
  const remember = (mode: Mode) =>
    rememberMode(root, mode).catch((error) => log.warn({}, `the mode cannot be saved: ${explain(error)}`));
  await remember(config.mode);
  nameProcess('certagent');
  let started = false;
  opened.defer(() => {
    if (started) log.info({}, 'certagent ends');
  });
  const notifier = makeNotifier(root, process.env);
  const stop = stopSignal(log, notifier);

  const complain = (error: unknown) => {
    if (errorCode(error) !== 'INTERRUPTED')
      log.error({ code: errorCode(error) }, `the check failed: ${explain(error)}`);
  };
  const check = () =>
    agent.check().catch((error) => {
      complain(error);
      triggers.later(agent);
    });
  const fire = (why: string) => {
    log.debug({ why }, 'checking');
    void check();
  };
  const triggers = makeTriggers({ root, configFile: options.configFile, now: Date.now, log, fire });
  const agent: Agent = await makeAgent({
    root,
    configFile: options.configFile,
    now: Date.now,
    log,
    signal: stop.signal,
    changed: (changed) => {
      triggers
        .rearm(changed)
        .then(() => sayStatus(changed, notifier))
        .catch((error) => complain(error));
    },
    reloaded: async (next) => {
      log.configure(next.log);
      await remember(next.mode);
      await groupId(root, next.control.group)
        .then((group) => sockets.setGroup(group))
        .catch((error) => log.error({ code: errorCode(error) }, `control.group has no effect: ${explain(error)}`));
    },
  });
  opened.defer(() => agent.close());
  const sockets = await serveControl({
    root,
    groupId: await groupId(root, config.control.group),
    readers: agent.readers,
    handlers: {
      ...agent,
      acceptClock: async () => {
        const accepted = await agent.acceptClock();
        fire('the clock was accepted');
        return accepted;
      },
    },
  });
  opened.defer(() => sockets.close());
  opened.defer(() => triggers.stop());
  if (notifier.watchdogInterval !== null) {
    const heartbeat = setInterval(() => void notifier.watchdog(), notifier.watchdogInterval);
    opened.defer(() => clearInterval(heartbeat));
  }
  process.on('SIGHUP', () => void reload(agent, notifier));
  await notifier.ready('first check');
  log.info({ root: options.root, mode: config.mode }, 'certagent runs');
  started = true;
  // Whatever comes of the old plan, the node is checked.
  await agent.recover().catch((error) => complain(error));
  await check();
  await stop.requested;
}

function stopSignal(log: Log, notifier: Notifier): { signal: AbortSignal; requested: Promise<void> } {
  const stop = new AbortController();
  const requested = new Promise<void>((resolve) =>
    stop.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping after the current step');
      void notifier.stopping();
      stop.abort();
    });
  }
  return { signal: stop.signal, requested };
}

/** An alert, the log and `certagent reload` report a configuration that is refused; the previous one stays in use. */
async function reload(agent: Agent, notifier: Notifier): Promise<void> {
  await notifier.reloading();
  await agent.reload().catch(() => {});
  await notifier.ready('reloaded');
  await sayStatus(agent, notifier);
}

async function sayStatus(agent: Agent, notifier: Notifier): Promise<void> {
  if (agent.view() !== null) await notifier.status(statusLine(await agent.status()));
}
