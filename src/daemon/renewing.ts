import type { Config } from '../config/schema.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { PlanOutcome, Progress } from '../domain/model/journal.ts';
import type { RenewalPlan, Step } from '../domain/model/plan.ts';
import { describeStep } from '../domain/plan/describe.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import { execute } from '../renew/engine/execute.ts';
import { recover } from '../renew/engine/recover.ts';
import type { Journal } from '../renew/journal/journal-file.ts';
import { ACTORS } from '../renew/steps/actors.ts';
import { logProgress } from './progress-log.ts';
import { makeStillHolds } from './still-holds.ts';
import type { NodeTurn } from './turn.ts';
import type { View } from './view.ts';

export type Renewing = {
  carryOut(plan: RenewalPlan, view: View, trigger: 'schedule' | 'manual'): Promise<PlanOutcome>;
  /** Finishes or undoes what a killed agent left; null: nothing. */
  recover(): Promise<PlanOutcome | null>;
  /** What runs now. */
  running(): Progress | null;
  /** Calls `watcher` for all progress until the returned function is called. */
  watch(watcher: (progress: Progress) => void): () => void;
};

/** Carries plans out, and knows what runs. `observed`: the node as it is now. */
export function makeRenewing(options: {
  root: Root;
  journal: Journal;
  config: () => Config;
  now: () => Instant;
  log: Log;
  signal?: AbortSignal | undefined;
  turn: NodeTurn;
  observed: () => Promise<View>;
}): Renewing {
  const { root, journal, config, now, log, signal, turn, observed } = options;
  const watchers = new Set<(progress: Progress) => void>();
  let running: Progress | null = null;

  const progress = (step: Progress): void => {
    running = step;
    logProgress(log, step);
    for (const watcher of watchers) watcher(step);
  };

  const context = (view: () => Promise<View>, recovers: boolean) => ({
    root,
    journal,
    actors: ACTORS,
    stillHolds: makeStillHolds(root, view),
    turn: (plan: RenewalPlan, step: Step) =>
      turn.beforeStep(view, recovers, (detail) => progress(waitsAt(plan, step, detail)))(plan, step),
    mayHeal: async () => config().mode === 'renew' && (await observed()).inventory.clock.doubt === null,
    now,
    backups: config().renew.backups,
    ...(signal === undefined ? {} : { signal }),
    progress,
  });

  const during = (work: () => Promise<PlanOutcome | null>) =>
    turn.during(work).finally(() => {
      running = null;
    });

  return {
    async carryOut(plan, view, trigger) {
      log.info({ plan: plan.id, certificates: plan.certificates.length, why: plan.why }, 'renewing');
      const outcome = await during(() =>
        execute(
          plan,
          trigger,
          context(async () => view, false),
        ),
      );
      return outcome!;
    },
    recover: () => during(() => recover(context(observed, true))),
    running: () => running,
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

function waitsAt(plan: RenewalPlan, step: Step, detail: string): Progress {
  const { id: planId, steps } = plan;
  return {
    planId,
    step: steps.indexOf(step),
    steps: steps.length,
    title: describeStep(step),
    state: 'waiting',
    detail,
  };
}
