import type { Rehearsal } from '../../model/rehearsal.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Runs the real tool on copies of the node's files, in a sandbox, before anything of the node is touched. What it shows
 * stops the plan, or lets it go on.
 */
export type RehearseStep = {
  kind: 'rehearse';
  rehearsal: Rehearsal;
  /** A file that makes a start succeed that hangs on its expired listener: then the rehearsal runs once more with it. null: none. */
  cure: string | null;
  /** Whether the plan stops where nothing could be rehearsed. */
  required: boolean;
  /** Where what it has issued is left for a later step of the plan: certificates with their private keys. Left out: nothing is. */
  keeps?: string;
  /** What a doubtful result means: a start that failed for a reason that nobody knows, which can lie in the sandbox. */
  doubtful: 'stop' | 'go-on';
};

export const rehearse: StepRule<RehearseStep> = {
  describe: ({ rehearsal, cure }) =>
    rehearsal.kind === 'command'
      ? `rehearse kubeadm on a copy of ${rehearsal.directories.join(' and ')}`
      : `rehearse the start of ${rehearsal.unit} on a copy of ${rehearsal.dataDir}/server${cure === null ? '' : `; should it wait for its expired listener, once more with ${cure}`}`,
  onFailure: 'roll-back',
  changes: 'nothing',
  isLeftAtOnce: () => true,
};
