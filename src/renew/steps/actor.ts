import type { Instant } from '../../domain/model/certificate.ts';
import type { Undo } from '../../domain/model/journal.ts';
import type { RenewalPlan, Step, StepKind } from '../../domain/model/plan.ts';
import { backupOf } from '../../domain/plan/plan-parts.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import type { Root } from '../../host/root.ts';
import type { Shape } from '../../host/shape.ts';

/** What one step sees: the plan it belongs to, and where it reports what it waits for. */
export type StepContext = {
  root: Root;
  now: () => Instant;
  plan: RenewalPlan;
  backups: number;
  pollInterval: number;
  waiting: (detail: string) => void;
  /** Aborted on SIGTERM: what only waits ends then. */
  signal?: AbortSignal | undefined;
  /** Whether certagent was stopped in this step before. */
  resumed?: boolean;
  /** Takes a line that a hook has printed. */
  says?: (line: string) => void;
  /** How the plan failed, for what follows its failure. */
  failure?: { result: string; code: string; message: string };
  /** What earlier steps of this plan have shown, in this process; left out: nothing. */
  learnt?: Set<Learnt>;
  /** Whether a start that hangs may be replaced: in mode "renew", with a clock that is trusted now. Left out: never. */
  mayHeal?: () => Promise<boolean>;
};

/** `listener-needs-no-trigger`: the rehearsed start came up without the file that makes it issue the listener again. */
export type Learnt = 'listener-needs-no-trigger';

/** What carries out one kind of step. `domain/plan/steps/` has the rules of the kind in a file of the same name. */
export type StepActor<Data extends Step> = {
  /** Of its data, as the journal holds it. */
  schema: Shape<Data>;
  /** Files of the node that it may change. Their checksums right after it show later what somebody else has changed. */
  writes: (step: Data, context: StepContext) => Promise<string[]> | string[];
  /** What undoes it; computed and journalled before it acts. */
  undo: (step: Data, context: StepContext) => Promise<Undo> | Undo;
  /**
   * What a second run means, after a kill or when somebody else has renewed first: a detail when nothing is left to do.
   */
  isDone: (step: Data, context: StepContext) => Promise<string | null>;
  /** Does the step; returns a detail for a person. It can be called again after a kill at any moment. */
  act: (step: Data, context: StepContext) => Promise<string>;
  /** For a step that changes certificates: whether a plan that was cut short in or after it may go on. */
  mayGoOn?: (step: Data, context: StepContext) => Promise<boolean>;
  /** After files were put back: what makes the step's process load them. `registered` is what `undo` gave, if it was started. */
  reload?: (step: Data, registered: Undo | undefined) => Undo | null;
};

/** One actor for each kind of step. The executor gets it as an argument. */
export type Actors = { [Kind in StepKind]: StepActor<StepOf<Kind>> };

export function actorOf<One extends Step>(actors: Actors, step: One): StepActor<One> {
  return actors[step.kind] as unknown as StepActor<One>;
}

export const NOTHING: Undo = { kind: 'nothing' };
export const neverDone = async (): Promise<null> => null;
export const noFiles = (): string[] => [];
/** An undo that puts `files` back from the plan's backup. */
export function restoring(files: string[], plan: RenewalPlan): Undo {
  const backup = backupOf(plan);
  return backup === null ? NOTHING : { kind: 'restore', backup, files };
}
export const noUndo = (): Undo => NOTHING;
