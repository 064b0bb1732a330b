import { CertagentError, errorCode, explain } from '../../domain/model/errors.ts';
import type { JournalRecord, PlanOutcome, Progress, Undo } from '../../domain/model/journal.ts';
import type { Expectation, RenewalPlan } from '../../domain/model/plan.ts';
import { describeStep } from '../../domain/plan/describe.ts';
import { renewedCertificate } from '../steps/verify.ts';
import type { RenewContext, StepContext } from './step-context.ts';

/** A plan being carried out, as far as it has come. */
export type Run = {
  plan: RenewalPlan;
  /** What undoes each step that was started, by the step's number. */
  undos: Map<number, Undo>;
  /** Numbers of the steps that are done. */
  done: Set<number>;
  /** What was undone without an error, as `undoKey` names it. */
  undone: Set<string>;
  /** Files were begun to be put back: then there is no question any more whether to keep the new ones. */
  restoring: boolean;
};

export function newRun(plan: RenewalPlan): Run {
  return { plan, undos: new Map(), done: new Set(), undone: new Set(), restoring: false };
}

export type PlanError = NonNullable<PlanOutcome['error']>;

export function undoKey(step: number, undo: Undo): string {
  return `${step} ${undo.kind}`;
}

/** True when a step that changes certificates was started. */
export function hasWritten({ plan, undos }: Run): boolean {
  return plan.steps.some(
    ({ kind }, index) => (kind === 'kubeadm-renew' || kind === 'restart-unit') && undos.has(index),
  );
}

export function stepContext(run: Run, step: number, context: RenewContext): StepContext {
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    root: context.root,
    now: context.now,
    plan: run.plan,
    backups: context.backups,
    pollInterval: context.pollInterval ?? 250,
    waiting: (detail) => {
      if (performance.now() - lastAt < 1_000) return;
      lastAt = performance.now();
      tell(run, step, 'waiting', detail, context);
    },
  };
}

export function tell(
  { plan }: Run,
  step: number,
  state: Progress['state'],
  detail: string,
  context: RenewContext,
): void {
  const at = plan.steps[step];
  if (at === undefined) return;
  context.progress({ planId: plan.id, step, steps: plan.steps.length, title: describeStep(at), state, detail });
}

/** For records after which nothing is begun: a journal that takes no more must not keep old certificates from coming back. */
export async function tryToNote(record: JournalRecord, context: RenewContext): Promise<void> {
  await context.journal.append(record).catch(() => {});
}

/** Ends the plan: its last record, and the outcome. */
export async function end(
  { plan }: Run,
  how: { result: PlanOutcome['result']; error: PlanError | null; keptNew?: boolean },
  context: RenewContext,
): Promise<PlanOutcome> {
  const keptNew = how.keptNew ?? false;
  const granted = how.result === 'succeeded' || keptNew ? await grantedBy(plan, context) : [];
  const error = how.error === null ? null : { code: how.error.code, message: how.error.message };
  await tryToNote(
    { at: context.now(), type: 'plan-ended', planId: plan.id, result: how.result, error, granted },
    context,
  );
  return { planId: plan.id, result: how.result, keptNew, error: how.error, granted };
}

async function grantedBy(plan: RenewalPlan, context: RenewContext): Promise<PlanOutcome['granted']> {
  const granted: PlanOutcome['granted'] = [];
  for (const expect of expectations(plan)) {
    const certificate = await renewedCertificate(context.root, expect);
    if (certificate !== null) granted.push({ id: expect.id, notAfter: certificate.notAfter });
  }
  return granted;
}

/** Everything the plan expects to be renewed, each certificate once. */
export function expectations(plan: RenewalPlan): Expectation[] {
  const all = plan.steps.flatMap((step) => {
    if (step.kind === 'kubeadm-renew' || step.kind === 'await-listener') return [step.expect];
    return step.kind === 'verify-files' ? step.expect : [];
  });
  return [...new Map(all.map((expect) => [expect.id, expect])).values()];
}

export function planError(error: unknown): PlanError {
  const remedy = error instanceof CertagentError ? error.remedy : undefined;
  return { code: errorCode(error), message: explain(error), remedy: remedy ?? null };
}

/** SIGTERM came: the journal has what is needed to go on. */
export function interrupted(plan: RenewalPlan): CertagentError {
  return new CertagentError('INTERRUPTED', `the renewal ${plan.id} was stopped between two steps`, {
    remedy: 'Start certagent again: it finishes or undoes the renewal first.',
  });
}
