import type { ControlHandlers } from '../control/handlers.ts';
import { takeLock } from '../host/lock.ts';
import { STATE_DIR } from '../host/root.ts';
import { type AgentOptions, makeAgent } from './agent.ts';

/**
 * An agent for one command on a node without a daemon. Looking needs no lock; what changes the node takes it, so that no
 * daemon begins meanwhile, and first ends what a killed agent left. Throws CertagentError LOCKED from those.
 */
export async function makeSoloAgent(options: AgentOptions): Promise<ControlHandlers & { close(): Promise<void> }> {
  const agent = await makeAgent(options);
  const alone = async <T>(act: () => Promise<T>): Promise<T> => {
    const release = await takeLock(options.root.at(`${STATE_DIR}/lock`));
    try {
      await agent.recover();
      return await act();
    } finally {
      // Nobody delivers later what this process leaves in the spool.
      await agent.deliver();
      await release();
    }
  };
  return {
    ...agent,
    check: () => alone(() => agent.check()),
    renew: (request, progress) => alone(() => agent.renew(request, progress)),
    sync: (request) => (request.dryRun ? agent.sync(request) : alone(() => agent.sync(request))),
  };
}
