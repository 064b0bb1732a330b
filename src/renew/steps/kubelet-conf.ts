import { KUBEADM } from '../../domain/distributions/names.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { day } from '../../domain/time/day.ts';
import { run } from '../../host/commands.ts';
import { readLeaf } from '../../host/leaf.ts';
import { list, nodePath, number, object, tag, text } from '../../host/shape.ts';
import { changeKubeletConf } from '../units/change-kubelet-conf.ts';
import { printedCredentials } from '../units/kubelet-conf-text.ts';
import { renewedCertificate } from '../verify/check-renewed.ts';
import { restoring, type StepActor, type StepContext } from './actor.ts';
import { kubeadmError } from './kubeadm-error.ts';
import { expectation } from './step-shapes.ts';

type KubeletConfStep = StepOf<'kubelet-conf'>;

export const kubeletConf: StepActor<KubeletConfStep> = {
  schema: object({
    kind: tag('kubelet-conf'),
    conf: nodePath,
    argv: list(text),
    user: text,
    group: text,
    expect: expectation,
    limit: number,
  }),
  writes: ({ conf }) => [conf],
  undo: ({ conf }, { plan }) => restoring([conf], plan),
  isDone: async ({ expect }, { root }) => {
    const already = await renewedCertificate(root, expect);
    return already === null ? null : `new already, expires ${day(already.notAfter)}`;
  },
  act,
  mayGoOn: async ({ expect }, { root }) => (await renewedCertificate(root, expect)) !== null,
};

/**
 * What kubeadm prints holds a private key: it goes into the file and nowhere else. Throws CertagentError KUBEADM_FAILED,
 * KUBEADM_TIMEOUT, KUBELET_CONF_REFUSED or BAD_KUBECONFIG, before anything is written.
 */
async function act(step: KubeletConfStep, { root, now }: StepContext): Promise<string> {
  const { expect, user, group } = step;
  const result = await run(root, KUBEADM, step.argv, { limit: step.limit });
  if (result.exitCode !== 0)
    throw kubeadmError(step, result, {
      ifFailed: `Run it by hand, away from others' eyes: it prints a private key. Before v1.29 kubeadm also needs its configuration: set renew.kubeadm_config.`,
      mayQuote: (line) => !MAY_BE_SECRET.test(line),
    });
  const ca = expect.caPath === null ? null : (await readLeaf(root, expect.caPath)).pem;
  const later = expect.old?.notAfter ?? now();
  const printed = printedCredentials(result.stdout, { user, group, ca, later: Math.max(later, now()), now: now() });
  await changeKubeletConf(root, step.conf, printed.credentials);
  return `new certificate for ${user} expires ${day(printed.certificate.notAfter)}`;
}

/** kubeadm prints keys to standard output, not to standard error. A line that looks like one is still not shown. */
const MAY_BE_SECRET = /PRIVATE KEY|-data:|[A-Za-z0-9+/=]{48}/;
