import { loadBook } from '../alert/book.ts';
import { type AlertService, openAlerts } from '../alert/service.ts';
import { loadNodeConfig } from '../config/node-config.ts';
import type { Config } from '../config/schema.ts';
import { coalesced } from '../control/coalesce.ts';
import type { StandingAlert } from '../domain/alerts/alert.ts';
import type { DecideRequest } from '../domain/decide/certificate-check.ts';
import { historyOf } from '../domain/decide/history-of.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { errorCode, explain } from '../domain/model/errors.ts';
import type { PlanOutcome } from '../domain/model/journal.ts';
import type { RenewalPlan } from '../domain/model/plan.ts';
import { HISTORY_SCHEMA } from '../domain/model/status.ts';
import { SECOND } from '../domain/time/duration.ts';
import type { ObserveOptions } from '../observe/observe.ts';
import { untoldOutcome } from '../renew/engine/untold.ts';
import { openJournal, readJournal } from '../renew/journal/journal-file.ts';
import type { Agent, AgentOptions } from './agent-interface.ts';
import { standingIn, tell } from './alerting.ts';
import { makeClockMemory } from './clock-memory.ts';
import { type CopiesRequest, makeCopies } from './copies-of-node.ts';
import { waitsForTurn } from './held.ts';
import { metricsOf } from './metrics.ts';
import { makeDecisionLog } from './progress-log.ts';
import { makeQueue } from './queue.ts';
import { makeReaders, planReport } from './readers.ts';
import { makeRenewing } from './renewing.ts';
import { statusReport } from './report.ts';
import { makeNodeTurn } from './turn.ts';
import { blocked, decideOn, observeNode, planOf, SCHEDULED, type View, withCopiesIn } from './view.ts';

export type { Agent, AgentOptions } from './agent-interface.ts';

/** Before the first check has ended, questions are answered from an observation that is at most this old. */
const FIRST_VIEW = 10 * SECOND;

export async function makeAgent(options: AgentOptions): Promise<Agent> {
  const { root, now, log } = options;
  let config = await loadNodeConfig(root, options.configFile);
  const journal = await (options.readOnly === true ? readJournal(root) : openJournal(root));
  for (const record of await journal.records())
    if (record.type === 'unknown')
      log.warn({ plan: record.planId }, `the journal holds a record of another version: ${record.word}; it is kept`);
  const syncCopies = makeCopies(root);
  const clock = makeClockMemory(root);
  const logDecision = makeDecisionLog(log);
  let alerts: AlertService | null = null;
  let last: View | null = null;
  /** Whether the alerts are those of `last`; a reload changes it, and the check that follows reports it. */
  let reported = false;
  let reloads = 0;
  let configError: string | null = null;
  let nextCheckAt: Instant | null = null;

  /** One check of the node, from its files to the alerts. */
  const cycle = async (request: DecideRequest, accepts = false): Promise<PlanOutcome | null> => {
    // A person who asks for a renewal, and has configured an unsynchronised clock, vouches for its time.
    if (request.kind === 'manual' && !config.clock.require_synchronized)
      await clock.accept(now(), await journal.records());
    const decided = decideOn(await observe(request), request);
    const plan = planOf(decided, config);
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

  const observe = (request: DecideRequest = SCHEDULED, as: Config = config, detected?: ObserveOptions['detected']) =>
    observeNode({ root, config: as, journal, clock, now }, request, detected);

  const turn = makeNodeTurn({ ...options, config: () => config, wake: () => void queue.request().catch(() => {}) });
  const renewing = makeRenewing({
    ...options,
    config: () => config,
    journal,
    turn,
    observed: async () => decideOn(await observe(), SCHEDULED),
  });

  const carryOut = async (plan: RenewalPlan, view: View, trigger: 'schedule' | 'manual'): Promise<PlanOutcome> => {
    await syncCopies.beforeRenewal(view.inventory.node);
    return renewing.carryOut(plan, view, trigger);
  };

  /** What every cycle ends with: copies, alerts, and what status shows until the next one. */
  const report = async (seen: View, outcome: PlanOutcome | null, recovered = false): Promise<void> => {
    last = await withCopiesOf(seen);
    const view = turn.shown(last);
    logDecision(view.decisions.renewal);
    if (view.inventory.clock.doubt === null)
      await clock
        .remember(view.inventory.takenAt)
        .catch((error) => log.warn({}, `the time cannot be saved: ${explain(error)}`));
    await tell(await openedAlerts(), { view, outcome, recovered, configError, now: now() });
    reported = true;
    // Killed before this, the next start reports it: twice rather than never.
    if (outcome !== null)
      await journal
        .append({ at: now(), type: 'plan-told', planId: outcome.planId })
        .catch((error) => log.error({}, `the journal cannot be written: ${explain(error)}`));
    options.changed?.(agent);
  };

  /** After the renewal, so that copies get the new credentials. */
  const withCopiesOf = async (view: View, as: Partial<CopiesRequest> = {}): Promise<View> => {
    const usual = { config, inventory: view.inventory, dryRun: config.mode === 'observe', remember: true };
    return withCopiesIn(view, await syncCopies({ ...usual, ...as }));
  };

  /** Opened by what reports something only: opening takes up deliveries, which a mere status must not. */
  const openedAlerts = async (): Promise<AlertService> => {
    alerts ??= await openAlerts({ root, config: config.alerts, now, log });
    return alerts;
  };

  const firstView = coalesced(
    async (_configuration: number) => {
      let begun: CopiesRequest['begun'];
      const observed = await observe(SCHEDULED, config, (node) => {
        begun = syncCopies.begin(config, node);
      });
      return withCopiesOf(decideOn(observed, SCHEDULED), { dryRun: true, remember: false, begun });
    },
    FIRST_VIEW,
    String,
  );
  const latest = async () => turn.shown(last ?? (await firstView(reloads)));

  const status = async () => {
    const view = await latest();
    return statusReport({
      view,
      config,
      standing: await standing(view),
      failingSinks: alerts?.failing() ?? [],
      running: renewing.running(),
      configError,
      nextCheckAt,
      at: now(),
    });
  };

  /** Before the first cycle, after a reload, and without a daemon: what is so now, not what was so at the last check. */
  const standing = async (view: View): Promise<StandingAlert[]> => {
    const book = last === null ? (await loadBook(root)).book : (await openedAlerts()).standing();
    const failingSinks = alerts?.unreachable() ?? [];
    return reported
      ? book
      : standingIn({ view, configError, failingSinks, now: now(), renewing: renewing.running() !== null }, book);
  };

  const metrics = async () => metricsOf(await status());

  /** Takes the configuration on disk. The next status shows what it changes; the next check acts on it. */
  const reload = async (): Promise<void> => {
    reported = false;
    reloads += 1;
    try {
      const next = await loadNodeConfig(root, options.configFile);
      await alerts?.stop();
      alerts = null;
      config = next;
      configError = null;
      await options.reloaded?.(next);
      log.info({ mode: config.mode }, 'configuration loaded');
      if (last !== null) last = withCopiesIn(decideOn(await observe(), SCHEDULED), last.copies);
    } catch (error) {
      configError = explain(error);
      log.error({ code: errorCode(error) }, `configuration refused, the previous one stays in use: ${configError}`);
      throw error;
    } finally {
      void queue.request().catch(() => {});
    }
  };

  const agent: Agent = {
    config: () => config,
    readers: makeReaders({ latest, report: status, metrics, config: () => config, running: renewing.running }),
    view: () => (last === null ? null : turn.shown(last)),
    setNextCheck: (at) => {
      nextCheckAt = at;
    },
    heldUntil: () => alerts?.heldUntil() ?? null,
    status,
    async plan(request) {
      const as: Config = request?.enabled === true ? { ...config, mode: 'renew' } : config;
      const asked: DecideRequest = request === undefined ? SCHEDULED : { kind: 'manual', force: request.force };
      return planReport(decideOn(await observe(asked, as), asked), config, renewing.running());
    },
    history: async () => ({ schema: HISTORY_SCHEMA, attempts: historyOf(await journal.records()).attempts }),
    metrics,
    async check() {
      await queue.request();
      return status();
    },
    async renew({ force, accepts }, progress) {
      const unwatch = renewing.watch(progress);
      try {
        for (;;) {
          const outcome = await queue.exclusive(() => cycle({ kind: 'manual', force }, accepts === true && force));
          if (outcome !== null || !turn.isHeld()) return outcome;
          await turn.come((why) => progress(waitsForTurn(why)));
        }
      } finally {
        unwatch();
      }
    },
    sync: ({ dryRun, adopt }) =>
      queue.exclusive(async () => {
        const as = { dryRun: dryRun || config.mode === 'observe', remember: !dryRun, adopt: adopt ?? null };
        const view = await withCopiesOf(decideOn(await observe(), SCHEDULED), as);
        if (!dryRun && last !== null) last = view;
        return view.copies;
      }),
    reload: () => queue.exclusive(reload),
    acceptClock: async () => clock.accept(now(), await journal.records()),
    testAlerts: async () => (await openedAlerts()).test(),
    recover: () =>
      queue.exclusive(async () => {
        const ended = await renewing.recover();
        const outcome = ended ?? untoldOutcome(await journal.records());
        if (outcome !== null) await report(decideOn(await observe(), SCHEDULED), outcome, true);
      }),
    deliver: async () => alerts?.flush(),
    async close() {
      await turn.close(queue.idle);
      await alerts?.stop();
      await journal.close();
    },
  };
  return agent;
}
