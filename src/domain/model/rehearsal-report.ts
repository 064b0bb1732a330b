import type { RehearsalJudgement } from '../plan/judge-rehearsal.ts';
import type { RehearseStep } from '../plan/steps/rehearse.ts';
import type { Instant } from './certificate.ts';
import type { Renewal } from './decision.ts';
import type { NodeFacts } from './inventory.ts';
import type { RehearsalResult } from './rehearsal.ts';

export const REHEARSAL_SCHEMA = 'certagent.rehearsal/v1';

/** What was tried, in this order, and what it means. `cure`: the file that the last of two was tried with; null: none was needed. */
export type Rehearsed = { results: RehearsalResult[]; cure: string | null; judgement: RehearsalJudgement };

/** What `certagent plan --rehearse -o json` prints. */
export type RehearsalReport = {
  schema: typeof REHEARSAL_SCHEMA;
  at: Instant;
  node: NodeFacts;
  renewal: Renewal;
} & (
  | ({ step: RehearseStep } & Rehearsed)
  /** `why` ends the sentence "nothing was rehearsed: …". */
  | { step: null; why: string }
);
