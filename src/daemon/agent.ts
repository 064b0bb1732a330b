import { loadBook } from '../alert/book.ts';
import { type AlertService, openAlerts } from '../alert/service.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import type { DecideRequest } from '../domain/decide/certificate-check.ts';
import { historyOf } from '../domain/decide/history-of.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { errorCode, explain } from '../domain/model/errors.ts';
import type { PlanOutcome, Progress } from '../domain/model/journal.ts';
import { HISTORY_SCHEMA, PLAN_SCHEMA } from '../domain/model/status.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import { execute } from '../renew/engine/execute.ts';
import { recover } from '../renew/engine/recover.ts';
import { untoldOutcome } from '../renew/engine/untold.ts';
import { openJournal } from '../renew/journal/journal-file.ts';
import { standingIn, tell } from './alerting.ts';
import { makeClockMemory } from './clock-memory.ts';
import { makeCopies } from './copies-of-node.ts';
import { metricsOf } from './metrics.ts';
import { makeQueue } from './queue.ts';
import { statusReport } from './report.ts';
import { blocked, look, planOf, type View, withCopiesIn } from './view.ts';

export type AgentOptions = {
  root: Root;
  /** Path of the node. */
  configFile: string;
  now: () => Instant;
  log: Log;
  /** Ends a renewal after the step in hand. */
  signal?: AbortSignal;
  /** Called after each cycle and each reload: the daemon sets its clocks by it. */
  changed?: (agent: Agent) => void;
};

/** One node's certagent: everything the sockets, the triggers and the command line ask of it. */
export type Agent = ControlHandlers & {
  config(): Config;
  /** What the last cycle saw; null before the first. */
  view(): View | null;
  setNextCheck(at: Instant | null): void;
  /** Finishes or undoes what a killed agent left, and tells it. */
  recover(): Promise<void>;
  /** Waits until each sink has taken what there is, or has failed once. */
  deliver(): Promise<void>;
  close(): Promise<void>;
};

const SCHEDULED: DecideRequest = { kind: 'schedule' };

export async function makeAgent(options: AgentOptions): Promise<Agent> {
  const { root, now, log } = options;
  let config = await loadConfig(root.at(options.configFile));
  const journal = await openJournal(root);
  const syncCopies = makeCopies(root);
  const clock = makeClockMemory(root);
  let alerts: AlertService | null = null;
  let last: View | null = null;
  let running: Progress | null = null;
  let configError: string | null = null;
  let nextCheckAt: Instant | null = null;
  const watchers = new Set<(progress: Progress) => void>();

  const see = (request: DecideRequest, as: Config = config) => look({ root, config: as, journal, clock, now }, request);

  /** Copies are looked at when the node's own kubeconfig is as it will be: what is told then is the state after. */
  const seeCopies = async (
    view: View,
    { dryRun = config.mode === 'observe', remember = true, adopt = null as string | null } = {},
  ): Promise<View> =>
    withCopiesIn(view, await syncCopies({ config, inventory: view.inventory, dryRun, remember, adopt }));

  /** Opened only by who tells something: opening takes up deliveries, which a mere status must not. */
  const openedAlerts = async (): Promise<AlertService> => {
    alerts ??= await openAlerts({ root, config: config.alerts, now, log });
    return alerts;
  };

  const renewContext = () => ({
    root,
    journal,
    now,
    backups: config.renew.backups,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    progress: (step: Progress) => {
      running = step;
      logProgress(log, step);
      for (const watcher of watchers) watcher(step);
    },
  });

  const carryOut = async (view: View, trigger: 'schedule' | 'manual'): Promise<PlanOutcome | null> => {
    const plan = planOf(view, config);
    if (plan === null) return null;
    log.info({ plan: plan.id, certificates: plan.certificates.length, why: plan.why }, 'renewing');
    await syncCopies.beforeRenewal(view.inventory.node);
    return execute(plan, trigger, renewContext()).finally(() => {
      running = null;
    });
  };

  /** What every cycle ends with: copies, alerts, and what status shows until the next one. */
  const conclude = async (seen: View, outcome: PlanOutcome | null, recovered: boolean): Promise<void> => {
    const view = await seeCopies(seen);
    last = view;
    if (view.inventory.clock.doubt === null)
      await clock
        .remember(view.inventory.takenAt)
        .catch((error) => log.warn({}, `the time cannot be written down: ${explain(error)}`));
    await tell(await openedAlerts(), { view, outcome, recovered, configError, now: now() });
    // Killed before this, the next start tells it: twice rather than never.
    if (outcome !== null)
      await journal
        .append({ at: now(), type: 'plan-told', planId: outcome.planId })
        .catch((error) => log.error({}, `the journal cannot be written: ${explain(error)}`));
    options.changed?.(agent);
  };

  const cycle = async (request: DecideRequest): Promise<PlanOutcome | null> => {
    const view = await see(request);
    const outcome = view.decisions.renewal.kind === 'now' ? await carryOut(view, request.kind) : null;
    await conclude(request.kind === 'schedule' && outcome === null ? view : await see(SCHEDULED), outcome, false);
    if (request.kind === 'manual' && view.decisions.renewal.kind === 'blocked') throw blocked(view.decisions.renewal);
    return outcome;
  };
  const queue = makeQueue(() => cycle(SCHEDULED));

  const report = async () => {
    const view = last ?? (await seeCopies(await see(SCHEDULED), { dryRun: true, remember: false }));
    return statusReport({
      view,
      config,
      // Before the first cycle, and without a daemon: what is so, not what was so when somebody looked last.
      standing:
        last === null ? standingIn(view, (await loadBook(root)).book, now()) : (await openedAlerts()).standing(),
      failingSinks: alerts?.failing() ?? [],
      running,
      configError,
      nextCheckAt,
      at: now(),
    });
  };

  const agent: Agent = {
    config: () => config,
    view: () => last,
    setNextCheck: (at) => {
      nextCheckAt = at;
    },
    status: report,
    async plan(request) {
      const as: Config = request?.enabled === true ? { ...config, mode: 'renew' } : config;
      const view = await see(request === undefined ? SCHEDULED : { kind: 'manual', force: request.force }, as);
      const { inventory, decisions } = view;
      return {
        schema: PLAN_SCHEMA,
        at: inventory.takenAt,
        node: inventory.node,
        renewal: decisions.renewal,
        running,
        plan: running === null ? planOf(view, config) : null,
        decisions: decisions.certificates,
      };
    },
    history: async () => ({ schema: HISTORY_SCHEMA, attempts: historyOf(await journal.records()).attempts }),
    metrics: async () => metricsOf(await report()),
    async check() {
      await queue.request();
      return report();
    },
    async renew(request, progress) {
      watchers.add(progress);
      try {
        return await queue.exclusive(() => cycle({ kind: 'manual', force: request.force }));
      } finally {
        watchers.delete(progress);
      }
    },
    sync: ({ dryRun, adopt }) =>
      queue.exclusive(async () => {
        const as = { dryRun: dryRun || config.mode === 'observe', remember: !dryRun, adopt: adopt ?? null };
        const view = await seeCopies(await see(SCHEDULED), as);
        if (!dryRun && last !== null) last = view;
        return view.copies;
      }),
    reload: () =>
      queue.exclusive(async () => {
        try {
          const next = await loadConfig(root.at(options.configFile));
          await alerts?.stop();
          alerts = null;
          config = next;
          configError = null;
          log.info({ mode: config.mode }, 'configuration taken');
        } catch (error) {
          configError = explain(error);
          log.error({ code: errorCode(error) }, `configuration refused, the old one stays: ${configError}`);
          throw error;
        } finally {
          void queue.request().catch(() => {});
        }
      }),
    testAlerts: async () => (await openedAlerts()).test(),
    recover: () =>
      queue.exclusive(async () => {
        const ended = await recover(renewContext()).finally(() => {
          running = null;
        });
        const outcome = ended ?? untoldOutcome(await journal.records());
        if (outcome !== null) await conclude(await see(SCHEDULED), outcome, true);
      }),
    deliver: async () => alerts?.flush(),
    async close() {
      await queue.idle();
      await alerts?.stop();
      await journal.close();
    },
  };
  return agent;
}

/** One line a step: how it ended. What is being done just now is the status's to tell. */
function logProgress(log: Log, { planId, step, steps, title, state, detail }: Progress): void {
  const level = state === 'failed' ? 'error' : state === 'started' || state === 'waiting' ? 'debug' : 'info';
  log[level]({ plan: planId, step: step + 1, steps, state, ...(detail === '' ? {} : { detail }) }, title);
}
