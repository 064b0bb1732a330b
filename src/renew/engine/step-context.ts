import type { Instant } from '../../domain/model/certificate.ts';
import type { Progress } from '../../domain/model/journal.ts';
import type { CycleStep, RenewalPlan } from '../../domain/model/plan.ts';
import type { Root } from '../../host/root.ts';
import type { Journal } from '../journal/journal-file.ts';

/** What carrying out a plan needs from outside. */
export type RenewContext = {
  root: Root;
  journal: Journal;
  now: () => Instant;
  progress: (progress: Progress) => void;
  /** Aborted on SIGTERM: the step in hand is finished, the next one is not begun. */
  signal?: AbortSignal;
  /** How many backups are kept. */
  backups: number;
  /** Milliseconds between two looks at what is waited for; default 250. */
  pollInterval?: number;
};

/** What one step sees: the plan it belongs to, and whom to tell what it waits for. */
export type StepContext = {
  root: Root;
  now: () => Instant;
  plan: RenewalPlan;
  backups: number;
  pollInterval: number;
  waiting: (detail: string) => void;
};

/** Directory of the plan's backup; null when it makes none. */
export function backupOf(plan: RenewalPlan): string | null {
  return plan.steps.find((step) => step.kind === 'backup')?.directory ?? null;
}

/** What the plan cycles, at once or only where a component does not load a certificate by itself. */
export function cyclesOf({ steps }: RenewalPlan): CycleStep[] {
  return steps.flatMap((step) =>
    step.kind === 'cycle' ? [step] : step.kind === 'cycle-unless-served' ? [step.cycle] : [],
  );
}
