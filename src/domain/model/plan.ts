import type { Step } from '../plan/steps/step-rules.ts';
import type { Instant } from './certificate.ts';
import type { Distribution } from './inventory.ts';

export type { CycleStep } from '../plan/steps/cycle.ts';
export type { Step, StepKind } from '../plan/steps/step-rules.ts';
export type { Expectation, ServedExpectation } from './expectation.ts';
export type { HealthCheck } from './health-check.ts';

export type RenewalPlan = {
  id: string;
  createdAt: Instant;
  distribution: Distribution;
  /** Ids of the certificates it renews. */
  certificates: string[];
  why: string;
  /** The earlier plan from whose backup it restores `certificates`; absent: it renews them. */
  restores?: string;
  /** When true the old certificates are useless (expired): a failure keeps the new ones. */
  oldExpired: boolean;
  /** What uses renewed files and is not restarted, in words for a person; absent: nothing. */
  neighbours?: string[];
  /** What a person should know before it runs; absent: nothing. */
  warnings?: string[];
  /** Why it is not rehearsed; absent: it is, or nobody wants it. */
  notRehearsed?: string;
  /** Why the unit restarts although the configuration wants the node to run on; absent: it does not, or nobody wants that. */
  notInPlace?: string;
  steps: Step[];
};
