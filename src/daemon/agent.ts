import { type AlertService, openAlerts } from '../alert/service.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import type { Instant } from '../domain/certificate.ts';
import type { DecideRequest } from '../domain/decide.ts';
import { CertagentError, explain } from '../domain/errors.ts';
import type { CopyOutcome, PlanOutcome, Progress } from '../domain/journal.ts';
import { HISTORY_SCHEMA, PLAN_SCHEMA } from '../domain/status.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import { execute } from '../renew/execute.ts';
import { openJournal } from '../renew/journal.ts';
import { recover } from '../renew/recover.ts';
import { bringCopiesUpToDate } from './copies.ts';
import { look, planOf, type View } from './look.ts';
import { metricsOf } from './metrics.ts';
import { makeQueue } from './queue.ts';
import { statusReport } from './report.ts';
import { tell } from './tell.ts';

export type AgentOptions = {
  root: Root;
  /** Path of the node. */
  configFile: string;
  now: () => Instant;
  log: Log;
  /** Ends a renewal after the step in hand. */
  signal?: AbortSignal;
  /** Called after each cycle and each accepted configuration: the daemon sets its clocks by it. */
  changed?: (agent: Agent) => void;
};

/** One node's certagent: everything the sockets, the triggers and the command line ask of it. */
export type Agent = ControlHandlers & {
  config(): Config;
  /** What the last cycle saw; null before the first. */
  view(): View | null;
  setNextCheck(at: Instant | null): void;
  /** Finishes or undoes what a killed agent left. */
  recover(): Promise<void>;
  close(): Promise<void>;
};

export async function makeAgent(options: AgentOptions): Promise<Agent> {
  const { root, now, log } = options;
  let config = await loadConfig(root.at(options.configFile));
  const journal = await openJournal(root);
  let alerts: AlertService = await openAlerts({ root, config: config.alerts, now, log });
  let last: View | null = null;
  let copies: CopyOutcome[] = [];
  let running: Progress | null = null;
  let configError: string | null = null;
  let nextCheckAt: Instant | null = null;
  const watchers = new Set<(progress: Progress) => void>();

  const eyes = () => ({ root, config, journal, now });
  const renewal = () => ({
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

  /** What every cycle ends with: copies, alerts, and what status shows until the next one. */
  const conclude = async (view: View, outcome: PlanOutcome | null, recovered: boolean): Promise<void> => {
    copies = await bringCopiesUpToDate({ root, config, node: view.inventory.node, dryRun: config.mode === 'observe' });
    last = view;
    await tell({
      root,
      alerts,
      view,
      outcome,
      recovered,
      copies,
      configError,
      repeat: config.alerts.repeat,
      now: now(),
      log,
    });
    options.changed?.(agent);
  };

  const carryOut = async (view: View, trigger: 'schedule' | 'manual'): Promise<PlanOutcome | null> => {
    const plan = planOf(view, config);
    if (plan === null) return null;
    log.info({ plan: plan.id, certificates: plan.certificates.length, why: plan.why }, 'renewing');
    try {
      return await execute(plan, trigger, renewal());
    } finally {
      running = null;
    }
  };

  const cycle = async (request: DecideRequest): Promise<PlanOutcome | null> => {
    const view = await look(eyes(), request);
    const outcome = view.decisions.renewal.kind === 'now' ? await carryOut(view, request.kind) : null;
    await conclude(outcome === null ? view : await look(eyes(), { kind: 'schedule' }), outcome, false);
    if (request.kind === 'manual' && view.decisions.renewal.kind === 'blocked') throw blocked(view);
    return outcome;
  };
  const queue = makeQueue(() => cycle({ kind: 'schedule' }));

  const report = async () =>
    statusReport({
      view: last ?? (await look(eyes(), { kind: 'schedule' })),
      config,
      alerts,
      copies,
      running,
      configError,
      nextCheckAt,
      at: now(),
    });

  const agent: Agent = {
    config: () => config,
    view: () => last,
    setNextCheck: (at) => {
      nextCheckAt = at;
    },
    status: report,
    async plan() {
      const view = await look(eyes(), { kind: 'schedule' });
      return {
        schema: PLAN_SCHEMA,
        at: view.inventory.takenAt,
        node: view.inventory.node,
        renewal: view.decisions.renewal,
        plan: planOf(view, config),
        decisions: view.decisions.certificates,
      };
    },
    history: async () => ({
      schema: HISTORY_SCHEMA,
      attempts: (await look(eyes(), { kind: 'schedule' })).history.attempts,
    }),
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
    sync: ({ dryRun }) =>
      queue.exclusive(async () => {
        const { inventory } = await look(eyes(), { kind: 'schedule' });
        return bringCopiesUpToDate({ root, config, node: inventory.node, dryRun: dryRun || config.mode === 'observe' });
      }),
    reload: () =>
      queue.exclusive(async () => {
        try {
          const next = await loadConfig(root.at(options.configFile));
          await alerts.stop();
          alerts = await openAlerts({ root, config: next.alerts, now, log });
          config = next;
          configError = null;
        } catch (error) {
          configError = explain(error);
          log.error(
            { code: error instanceof CertagentError ? error.code : 'UNKNOWN' },
            `configuration refused, the old one stays: ${configError}`,
          );
          throw error;
        } finally {
          options.changed?.(agent);
          void queue.request().catch(() => {});
        }
      }),
    testAlerts: () => alerts.test(),
    recover: () =>
      queue.exclusive(async () => {
        const outcome = await recover(renewal()).finally(() => {
          running = null;
        });
        if (outcome !== null) await conclude(await look(eyes(), { kind: 'schedule' }), outcome, true);
      }),
    async close() {
      await queue.idle();
      await alerts.stop();
      await journal.close();
    },
  };
  return agent;
}

function blocked(view: View): CertagentError {
  const renewal = view.decisions.renewal;
  const blockers = renewal.kind === 'blocked' ? renewal.blockers : [];
  return new CertagentError('RENEWAL_BLOCKED', `nothing was touched: ${blockers.map(({ why }) => why).join('; ')}`, {
    remedy: blockers.map(({ remedy }) => remedy).join(' '),
  });
}

function logProgress(log: Log, { planId, step, steps, title, state, detail }: Progress): void {
  const level = state === 'failed' ? 'error' : state === 'waiting' ? 'debug' : 'info';
  log[level]({ plan: planId, step: step + 1, steps, state, ...(detail === '' ? {} : { detail }) }, title);
}
