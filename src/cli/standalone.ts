import type { ConfigProblem } from '../config/load.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import { silentLog } from '../host/logger.ts';
import { requireNamedConfig } from './config-file.ts';
import type { Context } from './context.ts';

/**
 * Lets `call` use an agent in this process, for a node without a daemon. SIGINT and SIGTERM stop a renewal after the
 * current step; a second one ends the process, and the next start finishes or undoes the renewal.
 */
export async function withoutDaemon<T>(context: Context, call: (node: ControlHandlers) => Promise<T>): Promise<T> {
  await requireNamedConfig(context.root.at(context.configFile), context.configNamed);
  const { makeSoloAgent } = await import('../daemon/solo.ts');
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(130);
    context.stderr.write(
      '\nStopping after the current step. Interrupt again to exit now; the next start then finishes or undoes the renewal.\n',
    );
    stop.abort();
  };
  const agent = await makeSoloAgent({
    root: context.root,
    configFile: context.configFile,
    now: Date.now,
    log: silentLog,
    signal: stop.signal,
  });
  if (agent.restraint !== null) context.stderr.write(`certagent: ${agent.restraint}\n`);
  const handlers: ControlHandlers = {
    ...agent,
    renew: async (request, progress) => {
      for (const signal of SIGNALS) process.on(signal, interrupt);
      return agent.renew(request, progress);
    },
    restore: async (request, progress) => {
      for (const signal of SIGNALS) process.on(signal, interrupt);
      return agent.restore(request, progress);
    },
    install: async (request, progress) => {
      for (const signal of SIGNALS) process.on(signal, interrupt);
      return agent.install(request, progress);
    },
    rehearse: async (request, progress) => {
      for (const signal of SIGNALS) process.on(signal, interrupt);
      return agent.rehearse(request, progress);
    },
  };
  try {
    return await call(handlers);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt);
    await agent.close();
  }
}

/** What will fail one day on this node. Throws ConfigError for what a daemon refuses. */
export async function checkNodeConfig({ root, configFile }: Context): Promise<ConfigProblem[]> {
  const { checkConfig } = await import('../daemon/check-config.ts');
  return checkConfig(root, configFile);
}

/** As `checkNodeConfig`, of a file in any place. */
export async function checkDraftConfig({ root }: Context, file: string): Promise<ConfigProblem[]> {
  const { checkDraft } = await import('../daemon/check-config.ts');
  return checkDraft(root, file);
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
