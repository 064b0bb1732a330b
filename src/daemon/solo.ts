import type { ControlHandlers } from '../control/handlers.ts';
import { takeLock } from '../host/lock.ts';
import { STATE_DIR } from '../host/root.ts';
import { foreignRoot, requireOwnRoot } from '../host/trust.ts';
import { type Agent, type AgentOptions, makeAgent } from './agent.ts';

export type SoloAgent = ControlHandlers & {
  /** What this agent does not do on the node, and why; null when it does everything. */
  restraint: string | null;
  close(): Promise<void>;
};

/**
 * An agent for one command on a node without a daemon. Reading needs no lock and makes no file. What changes the node takes
 * the lock, so that no daemon starts meanwhile, and first finishes or undoes what a killed agent left. Throws CertagentError
 * LOCKED from those, and ROOT_FOREIGN on an image that others may write.
 */
export async function makeSoloAgent(options: AgentOptions): Promise<SoloAgent> {
  const foreign = await foreignRoot(options.root);
  const reading = await makeAgent({ ...options, readOnly: true });
  const acting = async <T>(act: (agent: Agent) => Promise<T>, recovered = true): Promise<T> => {
    await requireOwnRoot(options.root);
    const release = await takeLock(options.root.at(`${STATE_DIR}/lock`));
    try {
      const agent = await makeAgent(options);
      try {
        if (recovered) await agent.recover();
        return await act(agent);
      } finally {
        // Nobody delivers later what this process leaves in the spool.
        await agent.deliver().finally(() => agent.close());
      }
    } finally {
      await release();
    }
  };
  return {
    ...reading,
    restraint:
      foreign === null ? null : `${foreign.path} ${foreign.why}: no program below ${options.root.prefix} is run`,
    check: () => acting((agent) => agent.check()),
    renew: (request, progress) => acting((agent) => agent.renew(request, progress)),
    restore: (request, progress) => acting((agent) => agent.restore(request, progress)),
    csr: (request) => acting((agent) => agent.csr(request)),
    install: (request, progress) => acting((agent) => agent.install(request, progress)),
    addUser: (request) => acting((agent) => agent.addUser(request)),
    rehearse: (request, progress) => acting((agent) => agent.rehearse(request, progress), false),
    sync: (request) => (request.dryRun ? reading.sync(request) : acting((agent) => agent.sync(request))),
    acceptClock: () => acting((agent) => agent.acceptClock(), false),
    testAlerts: async () => {
      await requireOwnRoot(options.root);
      return reading.testAlerts();
    },
  };
}
