import type { StepRule } from './step-rule.ts';

/**
 * Creates the empty file that makes K3s and RKE2 issue the listener's certificate again when they start. Where it has expired,
 * some versions would otherwise wait for ever for themselves (measured on v1.32.3; fixed in v1.33.2, v1.32.6, v1.31.10 and
 * v1.30.14). The start removes the file.
 */
export type RegenerateListenerStep = {
  kind: 'regenerate-listener';
  path: string;
  /** Left out where the rehearsal of this plan has come up without it; a start that does not need the file takes no harm from it. */
  asRehearsed?: true;
};

export const regenerateListener: StepRule<RegenerateListenerStep> = {
  describe: ({ path, asRehearsed }) =>
    `create ${path}, so that the start issues the expired listener's certificate again${asRehearsed === true ? ', unless the rehearsal came up without it' : ''}`,
  onFailure: 'roll-back',
  changes: 'certificates',
};
