import { historyOf } from '../decide/history-of.ts';
import type { Instant } from '../model/certificate.ts';
import type { Attempt } from '../model/decision.ts';
import type { JournalRecord } from '../model/journal.ts';
import { describeStep } from './describe.ts';

export const ATTEMPT_SCHEMA = 'certagent.attempt/v1';

/** What `certagent history PLAN -o json` prints: one attempt and what became of each of its steps. */
export type AttemptReport = {
  schema: typeof ATTEMPT_SCHEMA;
  attempt: Attempt;
  why: string;
  /** Ids. */
  certificates: string[];
  steps: AttemptStep[];
};

type ErrorText = { code: string; message: string };

export type AttemptStep = {
  title: string;
  /** begun: the journal does not say how it ended. not-run: an earlier step ended the plan, or the step was not needed. */
  state: 'not-run' | 'begun' | 'done' | 'failed';
  startedAt: Instant | null;
  endedAt: Instant | null;
  /** What it reported. */
  detail: string;
  error: ErrorText | null;
  /** Whether its undo ran; `error`: why it failed. null: it was not undone. */
  undone: { at: Instant; error: ErrorText | null } | null;
};

/** null: the journal holds no such plan, or only what another version wrote of it. */
export function attemptReport(records: readonly JournalRecord[], planId: string): AttemptReport | null {
  const attempt = historyOf([...records]).attempts.find((one) => one.planId === planId);
  const started = records.find((record) => record.type === 'plan-started' && record.plan.id === planId);
  if (attempt === undefined || started?.type !== 'plan-started') return null;
  const { plan } = started;
  const steps = plan.steps.map((step): AttemptStep => ({ title: describeStep(step, plan), ...NOT_RUN }));
  for (const record of records) {
    if (!('planId' in record) || record.planId !== planId || !('step' in record)) continue;
    const step = steps[record.step];
    if (step !== undefined) Object.assign(step, changeBy(record));
  }
  return { schema: ATTEMPT_SCHEMA, attempt, why: plan.why, certificates: plan.certificates, steps };
}

const NOT_RUN = { state: 'not-run', startedAt: null, endedAt: null, detail: '', error: null, undone: null } as const;

function changeBy(record: Extract<JournalRecord, { step: number }>): Partial<AttemptStep> {
  switch (record.type) {
    case 'step-started':
      return { state: 'begun', startedAt: record.at };
    case 'step-done':
      return { state: 'done', endedAt: record.at, detail: record.detail };
    case 'step-failed':
      return { state: 'failed', endedAt: record.at, error: record.error };
    case 'undo-started':
      return {};
    case 'undo-done':
      return { undone: { at: record.at, error: record.error } };
  }
}
