import type { Hook } from '../../model/hook.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Runs a program of the operator's. `certificates` are those of the plan that concern it, `files` theirs, keys included.
 * `isRequired`: its failure stops the renewal before anything is touched.
 */
export type RunHookStep = Hook & { kind: 'run-hook'; node: string; files: string[]; isRequired: boolean };

export const runHook: StepRule<RunHookStep> = {
  describe: ({ on, command, user }) =>
    `${on === 'failed' ? 'if the renewal fails, ' : ''}run the hook ${command[0]}${user === 'root' ? '' : ` as ${user}`}`,
  onFailure: ({ isRequired }) => (isRequired ? 'roll-back' : 'continue'),
  // Of what certagent knows. An upgrade that begins just now does not keep a hook from being run after a renewal.
  changes: 'nothing',
  isForFailure: ({ on }) => on === 'failed',
};
