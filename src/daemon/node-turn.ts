import type { Asked, Coordinator } from '../cluster/coordinator.ts';
import type { Config } from '../config/schema.ts';
import type { Degraded } from '../domain/cluster/degraded.ts';
import { disruptionOfStep } from '../domain/cluster/disruption.ts';
import type { Intent } from '../domain/cluster/intent.ts';
import type { Go } from '../domain/cluster/turn.ts';
import type { DecideRequest } from '../domain/decide/certificate-check.ts';
import { type Held, withTurn } from '../domain/decide/with-turn.ts';
import { CertagentError, errorCode, explain } from '../domain/model/errors.ts';
import type { Progress } from '../domain/model/journal.ts';
import type { RenewalPlan, Step } from '../domain/model/plan.ts';
import { MINUTE, SECOND } from '../domain/time/duration.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import { makeCoordinators } from './coordinators.ts';
import { heldOf, heldUntil, waitsAt } from './held.ts';
import { idle, intentOf, intentToRecover, momentOfAgent, running } from './intent-of.ts';
import { pauseFor } from './pause-for.ts';
import type { View } from './view.ts';

/** A check waits this long for the first answer of the other servers. Then the wait goes on beside it. */
const FIRST_ANSWER = 5 * SECOND;
/** An answer is used for so long. */
const FRESH = 20 * SECOND;
/** In the middle of a plan a node does not wait longer than this: half renewed for good is worse than two at once. */
const LONGEST_IN_PLAN = 60 * MINUTE;
const RENEWS_EVERY = 5 * SECOND;

export type NodeTurn = {
  /** null: the plan may begin. Else what the node waits for, beside the queue: `wake` is called when its turn has come. */
  take(plan: RenewalPlan, view: View, how: { request: DecideRequest; accepts: boolean }): Promise<Held | null>;
  /** Carries the plan out, keeps the Lease fresh meanwhile, and releases it when it has ended. */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Awaited before each step of a plan: until it may stop what it stops. `view` null: the plan of a killed process. */
  beforeStep(
    view: () => Promise<View>,
    recovers: boolean,
    progress: (progress: Progress) => void,
  ): (plan: RenewalPlan, step: Step) => Promise<void>;
  /** Nothing is to be renewed now. */
  rest(view: View): void;
  /** The view with what the node waits for. */
  shown(view: View): View;
  /** A plan wants to begin, and has not. */
  isHeld(): boolean;
  degraded(): Degraded | null;
  /** While a person waits for a renewal, no check takes the turn that it asked for. */
  attended<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when the turn has come. Throws CertagentError INTERRUPTED when certagent is stopped before. */
  come(changed: (why: string) => void): Promise<void>;
  /** Ends every wait. `idle`: what is in the queue has ended. */
  close(idle: () => Promise<void>): Promise<void>;
};

type Wanted = { coordinator: Coordinator; intent: Intent; plan: RenewalPlan; timeZone: string };

/** The turn of this node among the servers of its cluster. `wake`: a check is due, because the turn has come. */
export function makeNodeTurn(options: {
  root: Root;
  config: () => Config;
  log: Log;
  now: () => number;
  signal?: AbortSignal | undefined;
  wake: () => void;
}): NodeTurn {
  const { log, wake } = options;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const pause = pauseFor(signal);
  const coordinators = makeCoordinators({ ...options, signal });
  let wanted: Wanted | null = null;
  let seeking: Promise<void> | null = null;
  let held: Held | null = null;
  let go: Go | null = null;
  let degraded: Degraded | null = null;
  let intent: Intent | null = null;
  /** A plan was interrupted: what it holds is for the process that goes on with it. */
  let isUnfinished = false;
  let attended = 0;
  let accepted = false; // By one of those persons: seconds without quorum.
  /** What is asked without a plan, beside the queue. */
  let resting: Promise<void> = Promise.resolve();
  const persons = new Set<{ come: () => void; changed: (why: string) => void }>();

  const ask = async (coordinator: Coordinator, what: Intent): Promise<Asked['turn']> => {
    try {
      const asked = await coordinator.ask(what);
      degraded = asked.degraded;
      return asked.turn;
    } catch (error) {
      log.error({}, `the cluster cannot be asked: ${explain(error)}`);
      return { kind: 'rest', again: MINUTE };
    }
  };

  /** Beside the queue, until the turn has come or nobody wants it any more. */
  const seek = async (answered: () => void): Promise<void> => {
    while (wanted !== null && !signal.aborted) {
      const { coordinator, intent: what, plan, timeZone } = wanted;
      const turn = await ask(coordinator, what);
      if (turn.kind === 'go') go = turn;
      held = turn.kind === 'go' ? null : heldOf(turn, plan, timeZone);
      answered();
      if (turn.kind === 'go') return;
      for (const person of persons) person.changed(held?.kind === 'waiting' ? held.why : '');
      await pause(turn.again);
    }
  };

  const isFresh = (coordinator: Coordinator): boolean =>
    go !== null && performance.now() - go.asked < FRESH && coordinator.mayBegin(go);

  const take: NodeTurn['take'] = async (plan, view, { request, accepts }) => {
    if (seeking === null) held = null;
    if (options.config().cluster.coordinate === 'none') return null;
    const until = momentOfAgent(plan, view, request);
    if (until !== null) {
      held = heldUntil(until, plan);
      return held;
    }
    accepted ||= accepts;
    intent = intentOf(plan, view, { accepts: accepted });
    const coordinator = intent.disruption.kind === 'none' ? null : await coordinators.of(view.inventory);
    if (coordinator === null || isFresh(coordinator)) return null;
    go = null;
    // What was answered to a renewal that must wait for others is no answer to one that need not.
    if (wanted !== null && wanted.intent.isUrgent !== intent.isUrgent) held = null;
    wanted = { coordinator, intent, plan, timeZone: view.policy.maintenance.timeZone };
    held ??= heldOf({ kind: 'rest', again: 0 }, plan, wanted.timeZone);
    if (seeking !== null) return held;
    let isAwaited = true;
    const first = Promise.withResolvers<void>();
    seeking = seek(first.resolve).finally(() => {
      seeking = null;
      first.resolve();
      if (go !== null && !isAwaited) arrive();
    });
    await Promise.race([first.promise, pause(FIRST_ANSWER)]);
    isAwaited = false;
    return go === null ? held : null;
  };

  const arrive = (): void => {
    // A person who waits goes on at once; else a check decides again.
    if (attended === 0) wake();
    else for (const person of persons) person.come();
  };

  const release = async (): Promise<void> => {
    const ended = intent;
    [wanted, held, go, intent] = [null, null, null, null];
    const coordinator = coordinators.last();
    if (coordinator?.holds() === true && ended !== null) await ask(coordinator, idle(ended));
  };

  return {
    take,
    async during(work) {
      wanted = null;
      let asking: Promise<unknown> | null = null;
      const timer = setInterval(() => {
        const coordinator = coordinators.last();
        if (asking !== null || intent === null || coordinator?.holds() !== true) return;
        asking = ask(coordinator, running(intent)).finally(() => {
          asking = null;
        });
      }, RENEWS_EVERY);
      try {
        return await work();
      } catch (error) {
        isUnfinished = errorCode(error) === 'INTERRUPTED';
        throw error;
      } finally {
        clearInterval(timer);
        await asking;
        if (!isUnfinished) await release();
      }
    },
    beforeStep: (view, recovers, progress) => async (plan, step) => {
      if (disruptionOfStep(step).kind === 'none' || options.config().cluster.coordinate === 'none') return;
      const coordinator = coordinators.last() ?? (await coordinators.of((await view()).inventory));
      if (coordinator === null || (go !== null && coordinator.mayBegin(go))) return;
      if (recovers || intent === null) intent = intentToRecover(plan);
      const since = performance.now();
      while (!signal.aborted) {
        const turn = await ask(coordinator, intent);
        if (turn.kind === 'go') {
          go = turn;
          return;
        }
        if (performance.now() - since > LONGEST_IN_PLAN)
          return log.warn({ plan: plan.id }, 'the renewal goes on without its turn: it has waited for an hour');
        const now = heldOf(turn, plan, 'UTC');
        progress(waitsAt(plan, step, now));
        await pause(turn.again);
      }
      throw stoppedWaiting(`the renewal ${plan.id} was stopped while it waited for its turn`);
    },
    rest(view) {
      // A person waits for a plan that the schedule does not have.
      if (attended > 0) return;
      resting = release()
        .then(() => coordinators.lookOnceADay(view.inventory, (seen) => (degraded = seen)))
        .catch((error) => log.warn({}, `the cluster cannot be asked: ${explain(error)}`));
    },
    shown: (view) => ({ ...view, decisions: withTurn(view.decisions, held) }),
    isHeld: () => held !== null || wanted !== null,
    degraded: () => degraded,
    async attended(work) {
      attended += 1;
      try {
        return await work();
      } finally {
        attended -= 1;
        if (attended === 0) accepted = false;
      }
    },
    async come(changed) {
      const stopped = () => person.come();
      const arrived = Promise.withResolvers<void>();
      const person = { come: arrived.resolve, changed };
      persons.add(person);
      signal.addEventListener('abort', stopped, { once: true });
      if (signal.aborted || go !== null) person.come();
      if (held?.kind === 'waiting') changed(held.why);
      try {
        await arrived.promise;
      } finally {
        persons.delete(person);
        signal.removeEventListener('abort', stopped);
      }
      if (signal.aborted)
        throw new CertagentError(
          'INTERRUPTED',
          'certagent was stopped while it waited for its turn: nothing was changed',
        );
    },
    async close(idle) {
      stop.abort();
      await seeking;
      await idle();
      await resting;
      if (!isUnfinished) await release();
    },
  };
}

function stoppedWaiting(message: string): CertagentError {
  return new CertagentError('INTERRUPTED', message, { remedy: 'Start certagent again: it goes on waiting.' });
}
