import { counted } from './counted.ts';
import type { RestoredPair } from './restore-files.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Puts certificates that a CA elsewhere has signed in place, each with its new key: from a directory of certagent's own that is laid out
 * as a backup, and removed when the plan has ended.
 */
export type InstallFilesStep = { kind: 'install-files'; from: string; pairs: RestoredPair[] };

export const installFiles: StepRule<InstallFilesStep> = {
  describe: ({ pairs }) =>
    `install ${counted(pairs.length, 'signed certificate')} with ${pairs.length === 1 ? 'its private key' : 'their private keys'}: ${pairs.map(({ id }) => id).join(', ')}`,
  onFailure: 'roll-back',
  changes: 'certificates',
};
