import { dirname } from 'node:path';
import { rulesOf } from '../../domain/distributions/index.ts';
import { CertagentError, errorCode, explain } from '../../domain/model/errors.ts';
import type { Renewed } from '../../domain/model/expectation.ts';
import type { JournalRecord, Left, PlanOutcome, Progress, Undo } from '../../domain/model/journal.ts';
import type { RenewalPlan, Step } from '../../domain/model/plan.ts';
import { describeStep } from '../../domain/plan/describe.ts';
import { changesCertificates, expectationsOf } from '../../domain/plan/plan-parts.ts';
import { syncFile } from '../../host/files.ts';
import { checksum } from '../backup/authorities.ts';
import { actorOf, type Learnt, type StepContext } from '../steps/actor.ts';
import type { Traces } from '../undo/guard.ts';
import { renewedCertificate } from '../verify/check-renewed.ts';
import type { RenewContext } from './renew-context.ts';

/** A plan being carried out, as far as it has come. */
export type Run = Traces & {
  /** Numbers of the steps that are done, or whose failure does not matter to the plan. */
  done: Set<number>;
  /** What was undone without an error, as `undoKey` names it. */
  undone: Set<string>;
  /** The undo has begun to put files back, so the new ones do not stay. */
  restoring: boolean;
  /** Failures that do not fail the plan. */
  reported: { code: string; message: string }[];
  /** What its steps have shown: nothing of it survives a kill. */
  learnt: Set<Learnt>;
};

export function newRun(plan: RenewalPlan): Run {
  return {
    plan,
    undos: new Map(),
    left: new Map(),
    writtenUntil: Number.POSITIVE_INFINITY,
    done: new Set(),
    undone: new Set(),
    restoring: false,
    reported: [],
    learnt: new Set(),
  };
}

export type PlanError = NonNullable<PlanOutcome['error']>;

export function undoKey(step: number, undo: Undo): string {
  return `${step} ${undo.kind}`;
}

/** True when a step that changes certificates was started. */
export function hasWritten({ plan, undos }: Run): boolean {
  return plan.steps.some((step, index) => changesCertificates(step) && undos.has(index));
}

export function stepContext(run: Run, step: number, context: RenewContext): StepContext {
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    root: context.root,
    now: context.now,
    plan: run.plan,
    backups: context.backups,
    pollInterval: context.pollInterval ?? 250,
    signal: context.signal,
    learnt: run.learnt,
    ...(context.mayHeal === undefined ? {} : { mayHeal: context.mayHeal }),
    says: (line) => context.says?.(hookName(run.plan.steps[step]), line),
    waiting: (detail) => {
      if (context.signal?.aborted === true) return;
      if (performance.now() - lastAt < 1_000) return;
      lastAt = performance.now();
      report(run, step, 'waiting', detail, context);
    },
  };
}

function hookName(step: Step | undefined): string {
  return step?.kind === 'run-hook' ? (step.command[0] ?? '') : '';
}

/**
 * Takes the checksums of what a step may have written, right after it, for the journal and for an undo of this process. The
 * programs that wrote it do not sync: a power loss must not leave other content than the journal says.
 */
export async function rememberLeft(
  run: Run,
  index: number,
  step: Step,
  context: RenewContext,
): Promise<{ left?: Left }> {
  const paths = await Promise.resolve(
    actorOf(context.actors, step).writes(step, stepContext(run, index, context)),
  ).catch((): string[] => []);
  if (paths.length === 0) return {};
  const left: Left = {};
  for (const path of paths) {
    for (const each of [path, dirname(path)]) await syncFile(context.root.at(each)).catch(() => {});
    left[path] = await checksum(context.root, path);
    run.left.set(path, left[path] ?? null);
  }
  return { left };
}

export function report(
  { plan }: Run,
  step: number,
  state: Progress['state'],
  detail: string,
  context: RenewContext,
): void {
  const at = plan.steps[step];
  if (at === undefined) return;
  context.progress({ planId: plan.id, step, steps: plan.steps.length, title: describeStep(at, plan), state, detail });
}

/** For records that no step follows: a full journal must not prevent that the previous certificates are restored. */
export async function tryToNote(record: JournalRecord, context: RenewContext): Promise<void> {
  await context.journal.append(record).catch(() => {});
}

/** Ends the plan: its last record, and the outcome. */
export async function end(
  { plan, reported }: Run,
  how: { result: PlanOutcome['result']; error: PlanError | null; keptNew?: boolean },
  context: RenewContext,
): Promise<PlanOutcome> {
  const keptNew = how.keptNew ?? false;
  const renewed = how.result === 'succeeded' || keptNew ? await renewedBy(plan, context) : [];
  const granted = renewed.map(({ expect, certificate }) => ({ id: expect.id, notAfter: certificate.notAfter }));
  const remarks = [...reported, ...(rulesOf(plan.distribution).remarks?.(renewed) ?? [])];
  const error = how.error === null ? null : { code: how.error.code, message: how.error.message };
  const more = remarks.length === 0 ? {} : { reported: remarks };
  await tryToNote(
    { at: context.now(), type: 'plan-ended', planId: plan.id, result: how.result, error, granted, ...more },
    context,
  );
  const restores = plan.restores === undefined ? {} : { restores: plan.restores };
  return { planId: plan.id, ...restores, result: how.result, keptNew, error: how.error, granted, ...more };
}

async function renewedBy(plan: RenewalPlan, context: RenewContext): Promise<Renewed[]> {
  const renewed: Renewed[] = [];
  for (const expect of expectationsOf(plan)) {
    const certificate = await renewedCertificate(context.root, expect);
    if (certificate !== null) renewed.push({ expect, certificate });
  }
  return renewed;
}

export function planError(error: unknown): PlanError {
  const remedy = error instanceof CertagentError ? error.remedy : undefined;
  return { code: errorCode(error), message: explain(error), remedy: remedy ?? null };
}

/**
 * The answer of `work`; as soon as SIGTERM comes, CertagentError INTERRUPTED instead, for which nothing is journalled: the
 * plan then looks as after a kill.
 */
export async function unlessStopped<T>(work: Promise<T>, plan: RenewalPlan, { signal }: RenewContext): Promise<T> {
  if (signal === undefined) return work;
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(interrupted(plan, 'while it waited'));
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** SIGTERM came: the journal holds what is needed to continue. */
export function interrupted(plan: RenewalPlan, when = 'between two steps'): CertagentError {
  return new CertagentError('INTERRUPTED', `the renewal ${plan.id} was stopped ${when}`, {
    remedy: 'Start certagent again: it finishes or undoes the renewal first.',
  });
}
