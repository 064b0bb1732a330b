import type { Expectation } from '../../model/expectation.ts';
import { counted } from './counted.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Puts what the rehearsal has issued in place while the server runs: certificates with their new keys, and both in the
 * administrator's kubeconfig. `from`: where the rehearsal has left them, laid out as a backup. `leaves`: with the paths of the node.
 */
export type InstallRehearsedStep = { kind: 'install-rehearsed'; from: string; leaves: Expectation[] };

export const installRehearsed: StepRule<InstallRehearsedStep> = {
  describe: ({ leaves }) =>
    `put ${counted(leaves.length, 'certificate')} of the rehearsal in place with ${leaves.length === 1 ? 'its private key' : 'their private keys'}: ${leaves.map(({ id }) => id).join(', ')}`,
  onFailure: 'roll-back',
  changes: 'certificates',
};
