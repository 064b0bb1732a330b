import type { ControlHandlers } from '../control/handlers.ts';
import type { StatusReport } from '../domain/model/status.ts';
import type { AgentState } from './agent-state.ts';
import { pausedIn } from './view.ts';

/** The commands with which a person pauses renewals and silences alerts. `check` starts a check. */
export function orderHandlers(
  state: AgentState,
  status: () => Promise<StatusReport>,
  check: () => void,
): Pick<ControlHandlers, 'silence' | 'unsilence' | 'pause' | 'resume'> {
  const { orders } = state;
  /** The next status shows the order. Without a daemon nothing was checked yet, and this command checks nothing. */
  const follow = <Made>(made: Made): Made => {
    state.reported = false;
    state.reloads += 1;
    if (state.last === null) return made;
    state.last = pausedIn(state.last, orders.now().pause);
    check();
    return made;
  };
  return {
    silence: async (request) =>
      follow(
        await orders.silence(
          request,
          (await status()).alerts.map(({ alert }) => alert),
        ),
      ),
    unsilence: async (about) => follow(await orders.unsilence(about)),
    pause: async (request) => follow(await orders.pause(request)),
    resume: async () => follow(await orders.resume()),
  };
}
