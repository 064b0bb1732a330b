import type { Expectation } from '../../model/expectation.ts';
import type { StepRule } from './step-rule.ts';

/** `argv` is what follows the program's name; `writes` are the files kubeadm overwrites for this name. */
export type KubeadmRenewStep = {
  kind: 'kubeadm-renew';
  name: string;
  argv: string[];
  writes: string[];
  expect: Expectation;
  limit: number;
};

export const kubeadmRenew: StepRule<KubeadmRenewStep> = {
  describe: ({ argv }) => `kubeadm ${argv.join(' ')}`,
  onFailure: 'roll-back',
  changes: 'certificates',
  expects: ({ expect }) => [expect],
};
