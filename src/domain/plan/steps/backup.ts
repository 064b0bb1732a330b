import { counted } from './counted.ts';
import type { StepRule } from './step-rule.ts';

/** Copies files, and everything below directories, into a directory of this plan. */
export type BackupStep = { kind: 'backup'; directory: string; files: string[]; directories: string[] };

export const backup: StepRule<BackupStep> = {
  describe: ({ directory, files, directories }) =>
    `back up ${[...(files.length > 0 ? [counted(files.length, 'file')] : []), ...directories].join(', ')} to ${directory}`,
  onFailure: 'roll-back',
  changes: 'nothing',
};
