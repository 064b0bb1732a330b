import type { Instant } from '../../model/certificate.ts';
import { counted } from './counted.ts';
import type { StepRule } from './step-rule.ts';

/** SHA-256 of what the backup holds, and of what certagent wrote since and must still be there. */
export type RestoredFile = { path: string; sha256: string; was: string };

/** A certificate with its key, or a kubeconfig: put back as a whole or not at all. */
export type RestoredPair = { id: string; notAfter: Instant; files: RestoredFile[] };

/** Puts certificates and keys back from the backup of an earlier plan. Never a CA, never a manifest. */
export type RestoreFilesStep = { kind: 'restore-files'; backup: string; pairs: RestoredPair[] };

export const restoreFiles: StepRule<RestoreFilesStep> = {
  describe: ({ backup, pairs }) =>
    `put ${counted(pairs.length, 'certificate')} with ${pairs.length === 1 ? 'its private key' : 'their private keys'} back from ${backup}`,
  onFailure: 'roll-back',
  changes: 'certificates',
};
