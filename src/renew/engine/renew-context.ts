import type { Instant } from '../../domain/model/certificate.ts';
import type { Blocker } from '../../domain/model/decision.ts';
import type { Progress } from '../../domain/model/journal.ts';
import type { RenewalPlan, Step } from '../../domain/model/plan.ts';
import type { FailureRule } from '../../domain/plan/steps/step-rule.ts';
import type { Root } from '../../host/root.ts';
import type { Journal } from '../journal/journal-file.ts';
import type { Actors } from '../steps/actor.ts';

/** What carrying out a plan needs from outside. */
export type RenewContext = {
  root: Root;
  journal: Journal;
  /** What carries out each kind of step: `ACTORS`, or stand-ins of a test. */
  actors: Actors;
  now: () => Instant;
  progress: (progress: Progress) => void;
  /**
   * Asked before each step and each undo: what forbids to go on because another program or person has begun to change the
   * node since the plan was made; null: nothing. Left out: nothing ever does. Before a step that changes nothing the answer
   * does not count. `isStoppedByPlan`: a step of the plan has stopped the unit, and none has started it again.
   */
  stillHolds?: (step: Step, isStoppedByPlan: boolean) => Promise<Blocker | null>;
  /** Awaited before each step: until the others of the cluster can bear what it stops. Left out: they always can. */
  turn?: (plan: RenewalPlan, step: Step) => Promise<void>;
  /** Whether a start that hangs may be replaced: in mode "renew", with a clock that is trusted now. Left out: never. */
  mayHeal?: () => Promise<boolean>;
  /** Takes a line that a hook has printed. Left out: nobody sees it. */
  says?: (hook: string, line: string) => void;
  /** What a step's failure means; by default what its rule says. */
  failureRule?: (step: Step) => FailureRule;
  /**
   * Aborted on SIGTERM: a step that only waits is left at once, any other finishes; the next one does not start, unless the
   * plan has stopped the unit.
   */
  signal?: AbortSignal;
  /** How many backups are kept. */
  backups: number;
  /** Milliseconds between two checks of what is waited for; default 250. */
  pollInterval?: number;
};
