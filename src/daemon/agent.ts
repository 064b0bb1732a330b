import { type AlertService, openAlerts } from '../alert/service.ts';
import { loadKeepingMode } from '../config/kept-mode.ts';
import type { Config } from '../config/schema.ts';
import type { DecideRequest } from '../domain/decide/certificate-check.ts';
import { errorCode, explain } from '../domain/model/errors.ts';
import type { PlanOutcome, Progress } from '../domain/model/journal.ts';
import type { RenewalPlan } from '../domain/model/plan.ts';
import type { ObserveOptions } from '../observe/observe.ts';
import { execute } from '../renew/engine/execute.ts';
import { recover } from '../renew/engine/recover.ts';
import { untoldOutcome } from '../renew/engine/untold.ts';
import { openJournal, readJournal } from '../renew/journal/journal-file.ts';
import { removeRehearsals } from '../renew/rehearsal/run-rehearsal.ts';
import { makeUserAdd } from './add-user.ts';
import { keepState } from './after-check.ts';
import type { Agent, AgentOptions } from './agent-interface.ts';
import { beginState } from './agent-state.ts';
import { alertOptions, newsOf, tell } from './alerting.ts';
import { makeAnswers } from './answers.ts';
import { makeClockMemory } from './clock-memory.ts';
import { type CopiesRequest, makeCopies } from './copies-of-node.ts';
import { makeExplaining } from './explaining.ts';
import { inItsTurn } from './in-its-turn.ts';
import { countErrors } from './metrics-text.ts';
import { decideAsked } from './named-certificates.ts';
import { makeNodeNews } from './node-news.ts';
import { makeNodeTurn } from './node-turn.ts';
import { openOrders } from './order-book.ts';
import { orderHandlers } from './order-handlers.ts';
import { logProgress, logUnknown, makeDecisionLog } from './progress-log.ts';
import { makeQueue } from './queue.ts';
import { makeReaders, planReport } from './readers.ts';
import { asked, rehearseNode } from './rehearse-node.ts';
import { renewContextOf } from './renew-context-of.ts';
import { makeRestores } from './restores.ts';
import { signByCommand } from './sign-by-command.ts';
import { makeRequests } from './signing-requests.ts';
import { makeTextfile } from './textfile.ts';
import { blockedBy, decideOn, observeNode, planOf, SCHEDULED, type View, withCopiesIn } from './view.ts';
import { makeWatchers } from './watchers.ts';

export type { Agent, AgentOptions } from './agent-interface.ts';

export async function makeAgent(options: AgentOptions): Promise<Agent> {
  const { root, now, log } = options;
  const state = beginState(await loadKeepingMode(root, options.configFile), await openOrders(root, now, log));
  const journal = await (options.readOnly === true ? readJournal(root) : openJournal(root));
  logUnknown(log, await journal.records());
  const syncCopies = makeCopies(root, () => wake());
  const clock = makeClockMemory(root);
  const textfile = makeTextfile(root, log);
  const logDecision = makeDecisionLog(log);
  const watchers = makeWatchers();

  /** One check of the node, from its files to the alerts. */
  const cycle = async (request: DecideRequest, accepts = false): Promise<PlanOutcome | null> => {
    // A person who asks for a renewal, and has configured an unsynchronised clock, vouches for its time.
    if (request.kind === 'manual' && !state.config.clock.require_synchronized)
      await clock.accept(now(), await journal.records());
    const decided = decideAsked(await observe(request), request);
    const plan = planOf(decided, state.config);
    if (plan === null) turn.rest(decided);
    const isHeld = plan !== null && (await turn.take(plan, decided, { request, accepts })) !== null;
    const outcome = plan === null || isHeld ? null : await carryOut(plan, decided, request.kind);
    const asScheduled = request.kind === 'schedule' && outcome === null;
    await report(asScheduled ? decided : await look(), outcome);
    // What a CA elsewhere signs, where a command has it signed. Its failure is an alert: the check goes on.
    const signing = request.kind === 'schedule' ? await signByCommand({ ...part('schedule'), log }, state.last) : null;
    if (signing === 'failed') await report(await look(), null);
    const { renewal } = turn.shown(decided).decisions;
    if (request.kind === 'manual' && renewal.kind === 'blocked') throw blockedBy(renewal.blockers);
    return outcome;
  };
  const queue = makeQueue(() => cycle(SCHEDULED));
  const wake = () => void queue.request().catch(() => {});
  const turn = makeNodeTurn({ ...options, config: () => state.config, wake });
  const nodeNews = makeNodeNews({ ...options, config: () => state.config, wake });
  const news = () => newsOf(state, turn, nodeNews, now());

  const observe = (
    request: DecideRequest = SCHEDULED,
    as: Config = state.config,
    detected?: ObserveOptions['detected'],
  ) => observeNode({ root, config: as, journal, clock, pause: state.orders.now().pause, now }, request, detected);

  const look = async (): Promise<View> => decideOn(await observe(), SCHEDULED);

  const carryOut = async (plan: RenewalPlan, view: View, trigger: 'schedule' | 'manual'): Promise<PlanOutcome> => {
    await syncCopies.beforeRenewal(view.inventory.node);
    log.info(
      { plan: plan.id, certificates: plan.certificates.length, why: plan.why },
      plan.restores === undefined ? 'renewing' : 'restoring',
    );
    return running(() => execute(plan, trigger, renewContext(view)));
  };

  const running = <T>(act: () => Promise<T>): Promise<T> =>
    turn.during(act).finally(() => {
      state.running = null;
    });

  /** What every cycle ends with: copies, alerts, and what status shows until the next one. */
  const report = async (seen: View, outcome: PlanOutcome | null, recovered = false): Promise<void> => {
    state.last = await withCopiesOf(seen);
    const view = turn.shown(state.last);
    state.readErrors = countErrors(state.readErrors, view.inventory.findings);
    logDecision(view.decisions.renewal);
    await keepState({ root, config: state.config, clock, log }, view);
    await tell(await openedAlerts(), { view, outcome, recovered, ...news() }, nodeNews);
    state.reported = true;
    await textfile.write(state.config.metrics.textfile, metrics);
    // Killed before this, the next start reports it: twice rather than never.
    if (outcome !== null)
      await journal
        .append({ at: now(), type: 'plan-told', planId: outcome.planId })
        .catch((error) => log.error({}, `the journal cannot be written: ${explain(error)}`));
    options.changed?.(agent);
  };

  const withCopiesOf = async (view: View, as: Partial<CopiesRequest> = {}): Promise<View> => {
    const { config } = state;
    const usual = { ...view, config, dryRun: config.mode === 'observe', remember: true };
    return withCopiesIn(view, await syncCopies({ ...usual, ...as }));
  };

  const renewContext = (view?: View) => {
    const progress = (step: Progress) => {
      state.running = step;
      logProgress(log, step);
      watchers.show(step);
    };
    const known = async () => view ?? look();
    return renewContextOf({
      ...{ root, journal, config: state.config, now, look, known, progress, signal: options.signal, log },
      turn: turn.beforeStep(known, view === undefined, progress),
    });
  };

  /** Opening takes up deliveries, which a mere status must not. */
  const openedAlerts = async (): Promise<AlertService> => {
    state.alerts ??= await openAlerts(alertOptions(state, options));
    return state.alerts;
  };

  const { latest, status, cluster, metrics } = makeAnswers({
    root,
    now,
    state,
    openedAlerts,
    observe,
    withCopiesOf,
    syncCopies,
    shown: turn.shown,
    news,
  });

  /** Takes the configuration on disk. The next status shows what it changes; the next check acts on it. */
  const reload = async (): Promise<void> => {
    state.reported = false;
    state.reloads += 1;
    try {
      const { config: next, modeMissing } = await loadKeepingMode(root, options.configFile, state.config.mode);
      await state.alerts?.stop();
      state.alerts = null;
      await textfile.moved(state.config.metrics.textfile, next.metrics.textfile);
      state.config = next;
      state.modeMissing = modeMissing;
      state.configError = null;
      await options.reloaded?.(next);
      log.info({ mode: state.config.mode }, 'configuration loaded');
      if (state.last !== null) state.last = withCopiesIn(await look(), state.last.copies);
    } catch (error) {
      state.configError = explain(error);
      log.error({ code: errorCode(error) }, `configuration refused, the previous one stays: ${state.configError}`);
      throw error;
    } finally {
      wake();
    }
  };

  /** For what runs plans of its own. */
  const part = (trigger: 'schedule' | 'manual') => ({
    ...{ root, journal, look, now, config: () => state.config, running: () => state.running },
    ...{ exclusive: queue.exclusive, watched: watchers.watched },
    runPlan: async (plan: RenewalPlan, view: View) => {
      const outcome = await carryOut(plan, view, trigger);
      await report(await look(), outcome);
      return outcome;
    },
  });

  const agent: Agent = {
    ...orderHandlers(state, status, wake),
    config: () => state.config,
    readers: makeReaders({ latest, report: status, metrics, config: () => state.config, running: () => state.running }),
    view: () => (state.last === null ? null : turn.shown(state.last)),
    setNextCheck: (at) => {
      state.nextCheckAt = at;
    },
    heldUntil: () => state.alerts?.heldUntil() ?? null,
    status,
    cluster,
    async plan(request) {
      const as: Config = request?.enabled === true ? { ...state.config, mode: 'renew' } : state.config;
      const by = request === undefined ? SCHEDULED : asked(request);
      return planReport(decideAsked(await observe(by, as), by), state.config, state.running);
    },
    ...makeExplaining({ latest, status, config: () => state.config, records: () => journal.records() }),
    metrics,
    async check() {
      await queue.request();
      return status();
    },
    renew: (request, progress) => {
      const attempt = () => queue.exclusive(() => cycle(asked(request), request.force && request.accepts));
      return watchers.watched(progress, () => inItsTurn(turn, attempt, progress));
    },
    rehearse: (request, progress) =>
      queue.exclusive(() => rehearseNode(observe, request, { ...renewContext(), config: state.config, progress })),
    ...makeRestores(part('manual')),
    ...makeRequests(part('manual')),
    ...makeUserAdd(part('manual')),
    sync: ({ dryRun, adopt }) =>
      queue.exclusive(async () => {
        const as = { dryRun: dryRun || state.config.mode === 'observe', remember: !dryRun, adopt: adopt ?? null };
        const view = await withCopiesOf(await look(), as);
        if (!dryRun && state.last !== null) state.last = view;
        return view.copies;
      }),
    reload: () => queue.exclusive(reload),
    acceptClock: async () => clock.accept(now(), await journal.records()),
    testAlerts: async () => (await openedAlerts()).test(),
    recover: () =>
      queue.exclusive(async () => {
        await removeRehearsals(root);
        const ended = await running(() => recover(renewContext()));
        const outcome = ended ?? untoldOutcome(await journal.records());
        if (outcome !== null) await report(await look(), outcome, true);
      }),
    deliver: async () => state.alerts?.flush(),
    async close() {
      await turn.close(queue.idle);
      syncCopies.close();
      await nodeNews.close();
      await state.alerts?.stop();
      await journal.close();
    },
  };
  return agent;
}
