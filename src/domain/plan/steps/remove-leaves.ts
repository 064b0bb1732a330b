import type { BrokenLeaf } from '../../model/broken-leaf.ts';
import type { StepRule } from './step-rule.ts';

/** Removes broken leaves and their keys: the start that follows issues what is missing, and keeps what is broken. */
export type RemoveLeavesStep = { kind: 'remove-leaves'; leaves: BrokenLeaf[] };

export const removeLeaves: StepRule<RemoveLeavesStep> = {
  describe: ({ leaves }) =>
    `remove what is broken, with its key, so that the start issues it again: ${leaves.map(({ path }) => path).join(', ')}`,
  onFailure: 'roll-back',
  changes: 'certificates',
};
