import type { Expectation } from '../../model/expectation.ts';
import { SECOND } from '../../time/duration.ts';
import type { StepRule } from './step-rule.ts';

/** Names the file that the kubelet rotates in its kubelet.conf, once it is there. The repair does not depend on it. */
export type PointKubeletConfStep = {
  kind: 'point-kubelet-conf';
  conf: string;
  /** The rotated file, and what must be in it. */
  expect: Expectation;
  limit: number;
};

export const pointKubeletConf: StepRule<PointKubeletConfStep> = {
  describe: ({ conf, expect, limit }) =>
    `point ${conf} at ${expect.path} when the kubelet has written that, within ${limit / SECOND} s`,
  onFailure: 'continue',
  changes: 'certificates',
};
