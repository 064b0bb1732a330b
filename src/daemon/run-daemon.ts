import { loadConfig } from '../config/load.ts';
import { serveControl } from '../control/server.ts';
import { errorCode, explain } from '../domain/model/errors.ts';
import { takeLock } from '../host/lock.ts';
import { makeLog } from '../host/logger.ts';
import { makeNotifier, type Notifier } from '../host/notify.ts';
import { Root, STATE_DIR } from '../host/root.ts';
import { groupId } from '../host/users.ts';
import { type Agent, makeAgent } from './agent.ts';
import { statusLine } from './report.ts';
import { makeTriggers } from './triggers.ts';

/**
 * `certagent run`: lives until SIGTERM or SIGINT, and then ends after the step in hand. Returns the exit code. Throws
 * CertagentError when it cannot start: a configuration that is refused, or another agent at work.
 */
export async function runDaemon(options: { root: string; configFile: string }): Promise<number> {
  const root = new Root(options.root);
  const config = await loadConfig(root.at(options.configFile));
  const log = makeLog(config.log.level);
  const release = await takeLock(root.at(`${STATE_DIR}/lock`));
  const notifier = makeNotifier(root, process.env);
  const stop = new AbortController();
  const stopped = new Promise<void>((resolve) =>
    stop.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping after the step in hand');
      void notifier.stopping();
      stop.abort();
    });
  }

  const fire = (why: string) => {
    log.debug({ why }, 'checking');
    void check();
  };
  const check = () =>
    agent.check().catch((error) => {
      complain(error);
      triggers.later(agent);
    });
  const complain = (error: unknown) => {
    if (errorCode(error) !== 'INTERRUPTED')
      log.error({ code: errorCode(error) }, `the check failed: ${explain(error)}`);
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
  });
  const sockets = await serveControl({ root, groupId: await groupId(root, config.control.group), handlers: agent });
  const heartbeat =
    notifier.watchdogInterval === null
      ? undefined
      : setInterval(() => void notifier.watchdog(), notifier.watchdogInterval);
  process.on('SIGHUP', () => void reload(agent, notifier));
  await notifier.ready('first check');
  log.info({ root: options.root, mode: config.mode }, 'certagent runs');
  // Whatever becomes of the old plan, the node is looked at.
  await agent.recover().catch((error) => complain(error));
  await check();

  await stopped;
  clearInterval(heartbeat);
  await triggers.stop();
  await sockets.close();
  await agent.close();
  await release();
  log.info({}, 'certagent ends');
  return 0;
}

/** A configuration that is refused is told by alert, by log and by `certagent reload`; the old one stays. */
async function reload(agent: Agent, notifier: Notifier): Promise<void> {
  await notifier.reloading();
  await agent.reload().catch(() => {});
  await notifier.ready('reloaded');
  await sayStatus(agent, notifier);
}

async function sayStatus(agent: Agent, notifier: Notifier): Promise<void> {
  if (agent.view() !== null) await notifier.status(statusLine(await agent.status()));
}
