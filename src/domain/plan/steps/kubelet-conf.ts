import type { Expectation } from '../../model/expectation.ts';
import type { StepRule } from './step-rule.ts';

/**
 * A new client certificate for a kubelet that cannot renew its own any more, in `conf`. `argv` makes kubeadm print it, with
 * its key; everything else in the file stays. `user` and `group` are what the certificate must say.
 */
export type KubeletConfStep = {
  kind: 'kubelet-conf';
  conf: string;
  argv: string[];
  user: string;
  group: string;
  expect: Expectation;
  limit: number;
};

export const kubeletConf: StepRule<KubeletConfStep> = {
  describe: ({ argv, conf }) => `kubeadm ${argv.join(' ')}, into ${conf}`,
  onFailure: 'roll-back',
  changes: 'certificates',
  expects: ({ expect }) => [expect],
};
