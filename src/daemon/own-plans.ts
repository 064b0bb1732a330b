import type { Config } from '../config/schema.ts';
import type { PlanOutcome, Progress } from '../domain/model/journal.ts';
import type { RenewalPlan } from '../domain/model/plan.ts';
import type { Root } from '../host/root.ts';
import type { Journal } from '../renew/journal/journal-file.ts';
import type { View } from './view.ts';

/** What the agent lends to what makes plans of its own, beside the renewals. */
export type OwnPlans = {
  root: Root;
  journal: Journal;
  now(): number;
  config(): Config;
  running(): Progress | null;
  /** The node as it is now. */
  look(): Promise<View>;
  /** Runs a plan as one of the queue, and reports its end. */
  runPlan(plan: RenewalPlan, view: View): Promise<PlanOutcome>;
  exclusive<T>(act: () => Promise<T>): Promise<T>;
  watched<T>(progress: (progress: Progress) => void, act: () => Promise<T>): Promise<T>;
};
