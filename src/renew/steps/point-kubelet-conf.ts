import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { nodePath, number, object, tag } from '../../host/shape.ts';
import { changeKubeletConf } from '../units/change-kubelet-conf.ts';
import { renewedCertificate } from '../verify/check-renewed.ts';
import { until } from '../wait.ts';
import { neverDone, noUndo, type StepActor, type StepContext } from './actor.ts';
import { expectation } from './step-shapes.ts';

type PointKubeletConfStep = StepOf<'point-kubelet-conf'>;

/** A second run writes the same again. */
export const pointKubeletConf: StepActor<PointKubeletConfStep> = {
  schema: object({ kind: tag('point-kubelet-conf'), conf: nodePath, expect: expectation, limit: number }),
  writes: ({ conf }) => [conf],
  // The last step, whose failure fails nothing: kubelet.conf as it is works, too.
  undo: noUndo,
  isDone: neverDone,
  act,
};

/**
 * The kubelet stores what its kubelet.conf holds as its first certificate, and rotates that. `kubeadm init` points kubelet.conf
 * at the file as well (its phase kubelet-finalize). No restart: the kubelet reads its kubeconfig only when it starts.
 */
async function act({ conf, expect, limit }: PointKubeletConfStep, context: StepContext): Promise<string> {
  const { root, pollInterval, waiting } = context;
  const answer = await until(
    async () => ((await renewedCertificate(root, expect)) === null ? `for the kubelet to write ${expect.path}` : {}),
    { limit, interval: pollInterval, waiting },
  );
  if (typeof answer === 'string')
    return `left as it is, with the new certificate in it: the kubelet has not written ${expect.path}`;
  await changeKubeletConf(root, conf, { 'client-certificate': expect.path, 'client-key': expect.path });
  return `${conf} names ${expect.path}`;
}
