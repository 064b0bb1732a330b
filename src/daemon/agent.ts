import { type AlertService, openAlerts } from '../alert/service.ts';
import { loadNodeConfig } from '../config/node-config.ts';
import type { Config } from '../config/schema.ts';
import type { DecideRequest } from '../domain/decide/certificate-check.ts';
import { historyOf } from '../domain/decide/history-of.ts';
import { errorCode, explain } from '../domain/model/errors.ts';
import type { PlanOutcome, Progress } from '../domain/model/journal.ts';
import type { RenewalPlan } from '../domain/model/plan.ts';
import { HISTORY_SCHEMA } from '../domain/model/status.ts';
import type { ObserveOptions } from '../observe/observe.ts';
import { execute } from '../renew/engine/execute.ts';
import { recover } from '../renew/engine/recover.ts';
import { untoldOutcome } from '../renew/engine/untold.ts';
import { openJournal, readJournal } from '../renew/journal/journal-file.ts';
import { ACTORS } from '../renew/steps/actors.ts';
import type { Agent, AgentOptions } from './agent-interface.ts';
import { beginState } from './agent-state.ts';
import { tell } from './alerting.ts';
import { makeAnswers } from './answers.ts';
import { makeClockMemory } from './clock-memory.ts';
import { type CopiesRequest, makeCopies } from './copies-of-node.ts';
import { waitsForTurn } from './held.ts';
import { countErrors } from './metrics.ts';
import { makeNodeTurn } from './node-turn.ts';
import { logProgress, makeDecisionLog } from './progress-log.ts';
import { makeQueue } from './queue.ts';
import { makeReaders, planReport } from './readers.ts';
import { makeStillHolds } from './still-holds.ts';
import { makeTextfile } from './textfile.ts';
import { blocked, decideOn, observeNode, planOf, SCHEDULED, type View, withCopiesIn } from './view.ts';

export type { Agent, AgentOptions } from './agent-interface.ts';

export async function makeAgent(options: AgentOptions): Promise<Agent> {
  const { root, now, log } = options;
  const state = beginState(await loadNodeConfig(root, options.configFile));
  const journal = await (options.readOnly === true ? readJournal(root) : openJournal(root));
  for (const record of await journal.records())
    if (record.type === 'unknown')
      log.warn({ plan: record.planId }, `the journal holds a record of another version: ${record.word}; it is kept`);
  const syncCopies = makeCopies(root);
  const clock = makeClockMemory(root);
  const textfile = makeTextfile(root, log);
  const logDecision = makeDecisionLog(log);
  const watchers = new Set<(progress: Progress) => void>();

  /** One check of the node, from its files to the alerts. */
  const cycle = async (request: DecideRequest, accepts = false): Promise<PlanOutcome | null> => {
    // A person who asks for a renewal, and has configured an unsynchronised clock, vouches for its time.
    if (request.kind === 'manual' && !state.config.clock.require_synchronized)
      await clock.accept(now(), await journal.records());
    const decided = decideOn(await observe(request), request);
    const plan = planOf(decided, state.config);
    if (plan === null) turn.rest(decided);
    const isHeld = plan !== null && (await turn.take(plan, decided, { request, accepts })) !== null;
    const outcome = plan === null || isHeld ? null : await carryOut(plan, decided, request.kind);
    const asScheduled = request.kind === 'schedule' && outcome === null;
    await report(asScheduled ? decided : decideOn(await observe(), SCHEDULED), outcome);
    const { renewal } = turn.shown(decided).decisions;
    if (request.kind === 'manual' && renewal.kind === 'blocked') throw blocked(renewal);
    return outcome;
  };
  const queue = makeQueue(() => cycle(SCHEDULED));
  const turn = makeNodeTurn({
    ...options,
    config: () => state.config,
    wake: () => void queue.request().catch(() => {}),
  });

  const observe = (
    request: DecideRequest = SCHEDULED,
    as: Config = state.config,
    detected?: ObserveOptions['detected'],
  ) => observeNode({ root, config: as, journal, clock, now }, request, detected);

  const carryOut = async (plan: RenewalPlan, view: View, trigger: 'schedule' | 'manual'): Promise<PlanOutcome> => {
    await syncCopies.beforeRenewal(view.inventory.node);
    log.info({ plan: plan.id, certificates: plan.certificates.length, why: plan.why }, 'renewing');
    return turn
      .during(() => execute(plan, trigger, renewContext(view)))
      .finally(() => {
        state.running = null;
      });
  };

  /** What every cycle ends with: copies, alerts, and what status shows until the next one. */
  const report = async (seen: View, outcome: PlanOutcome | null, recovered = false): Promise<void> => {
    state.last = await withCopiesOf(seen);
    const view = turn.shown(state.last);
    state.readErrors = countErrors(state.readErrors, view.inventory.findings);
    logDecision(view.decisions.renewal);
    if (view.inventory.clock.doubt === null)
      await clock
        .remember(view.inventory.takenAt)
        .catch((error) => log.warn({}, `the time cannot be saved: ${explain(error)}`));
    const news = { configError: state.configError, coordination: turn.degraded(), now: now() };
    await tell(await openedAlerts(), { view, outcome, recovered, ...news });
    state.reported = true;
    await textfile.write(state.config.metrics.textfile, metrics);
    // Killed before this, the next start reports it: twice rather than never.
    if (outcome !== null)
      await journal
        .append({ at: now(), type: 'plan-told', planId: outcome.planId })
        .catch((error) => log.error({}, `the journal cannot be written: ${explain(error)}`));
    options.changed?.(agent);
  };

  /** After the renewal, so that copies get the new credentials. */
  const withCopiesOf = async (view: View, as: Partial<CopiesRequest> = {}): Promise<View> => {
    const usual = {
      config: state.config,
      inventory: view.inventory,
      dryRun: state.config.mode === 'observe',
      remember: true,
    };
    return withCopiesIn(view, await syncCopies({ ...usual, ...as }));
  };

  const renewContext = (known?: View) => ({
    root,
    journal,
    actors: ACTORS,
    stillHolds: makeStillHolds(root, () => viewed(known)),
    turn: turn.beforeStep(() => viewed(known), known === undefined, onProgress),
    mayHeal: async () => state.config.mode === 'renew' && (await observe()).inventory.clock.doubt === null,
    now,
    backups: state.config.renew.backups,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    progress: onProgress,
  });
  const viewed = async (known?: View) => known ?? decideOn(await observe(), SCHEDULED);
  const onProgress = (step: Progress): void => {
    state.running = step;
    logProgress(log, step);
    for (const watcher of watchers) watcher(step);
  };

  /** Opened by what reports something only: opening takes up deliveries, which a mere status must not. */
  const openedAlerts = async (): Promise<AlertService> => {
    state.alerts ??= await openAlerts({ root, config: state.config.alerts, now, log });
    return state.alerts;
  };

  const { latest, status, metrics } = makeAnswers({
    root,
    now,
    state,
    openedAlerts,
    observe,
    withCopiesOf,
    syncCopies,
    shown: turn.shown,
    degraded: turn.degraded,
  });

  /** Takes the configuration on disk. The next status shows what it changes; the next check acts on it. */
  const reload = async (): Promise<void> => {
    state.reported = false;
    state.reloads += 1;
    try {
      const next = await loadNodeConfig(root, options.configFile);
      await state.alerts?.stop();
      state.alerts = null;
      await textfile.moved(state.config.metrics.textfile, next.metrics.textfile);
      state.config = next;
      state.configError = null;
      await options.reloaded?.(next);
      log.info({ mode: state.config.mode }, 'configuration loaded');
      if (state.last !== null) state.last = withCopiesIn(decideOn(await observe(), SCHEDULED), state.last.copies);
    } catch (error) {
      state.configError = explain(error);
      log.error(
        { code: errorCode(error) },
        `configuration refused, the previous one stays in use: ${state.configError}`,
      );
      throw error;
    } finally {
      void queue.request().catch(() => {});
    }
  };

  const agent: Agent = {
    config: () => state.config,
    readers: makeReaders({ latest, report: status, metrics, config: () => state.config, running: () => state.running }),
    view: () => (state.last === null ? null : turn.shown(state.last)),
    setNextCheck: (at) => {
      state.nextCheckAt = at;
    },
    heldUntil: () => state.alerts?.heldUntil() ?? null,
    status,
    async plan(request) {
      const as: Config = request?.enabled === true ? { ...state.config, mode: 'renew' } : state.config;
      const asked: DecideRequest = request === undefined ? SCHEDULED : { kind: 'manual', force: request.force };
      return planReport(decideOn(await observe(asked, as), asked), state.config, state.running);
    },
    history: async () => ({ schema: HISTORY_SCHEMA, attempts: historyOf(await journal.records()).attempts }),
    metrics,
    async check() {
      await queue.request();
      return status();
    },
    async renew({ force, accepts }, progress) {
      watchers.add(progress);
      const renew = async (): Promise<PlanOutcome | null> => {
        const outcome = await queue.exclusive(() => cycle({ kind: 'manual', force }, force && accepts === true));
        if (outcome !== null || !turn.isHeld()) return outcome;
        await turn.come((why) => progress(waitsForTurn(why)));
        return renew();
      };
      try {
        return await turn.attended(renew);
      } finally {
        watchers.delete(progress);
      }
    },
    sync: ({ dryRun, adopt }) =>
      queue.exclusive(async () => {
        const as = { dryRun: dryRun || state.config.mode === 'observe', remember: !dryRun, adopt: adopt ?? null };
        const view = await withCopiesOf(decideOn(await observe(), SCHEDULED), as);
        if (!dryRun && state.last !== null) state.last = view;
        return view.copies;
      }),
    reload: () => queue.exclusive(reload),
    acceptClock: async () => clock.accept(now(), await journal.records()),
    testAlerts: async () => (await openedAlerts()).test(),
    recover: () =>
      queue.exclusive(async () => {
        const ended = await turn
          .during(() => recover(renewContext()))
          .finally(() => {
            state.running = null;
          });
        const outcome = ended ?? untoldOutcome(await journal.records());
        if (outcome !== null) await report(decideOn(await observe(), SCHEDULED), outcome, true);
      }),
    deliver: async () => state.alerts?.flush(),
    async close() {
      await turn.close(queue.idle);
      await state.alerts?.stop();
      await journal.close();
    },
  };
  return agent;
}
