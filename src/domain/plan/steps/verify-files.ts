import type { Expectation } from '../../model/expectation.ts';
import { counted } from './counted.ts';
import type { StepRule } from './step-rule.ts';

export type VerifyFilesStep = { kind: 'verify-files'; expect: Expectation[] };

export const verifyFiles: StepRule<VerifyFilesStep> = {
  describe: ({ expect }) =>
    `verify ${expect.length === 1 ? expect[0]!.id : counted(expect.length, 'certificate')} on disk`,
  onFailure: 'roll-back',
  changes: 'nothing',
  expects: ({ expect }) => expect,
};
