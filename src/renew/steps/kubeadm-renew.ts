import { KUBEADM } from '../../domain/distributions/names.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { said } from '../../domain/text/printable.ts';
import { day } from '../../domain/time/day.ts';
import { run } from '../../host/commands.ts';
import { list, nodePath, number, object, tag, text } from '../../host/shape.ts';
import { checkRenewed, renewedCertificate } from '../verify/check-renewed.ts';
import { restoring, type StepActor, type StepContext } from './actor.ts';
import { kubeadmError } from './kubeadm-error.ts';
import { expectation } from './step-shapes.ts';

type KubeadmRenewStep = StepOf<'kubeadm-renew'>;

export const kubeadmRenew: StepActor<KubeadmRenewStep> = {
  schema: object({
    kind: tag('kubeadm-renew'),
    name: text,
    argv: list(text),
    writes: list(nodePath),
    expect: expectation,
    limit: number,
  }),
  writes: ({ writes }) => writes,
  undo: ({ writes }, { plan }) => restoring(writes, plan),
  isDone: async ({ expect }, { root }) => {
    const already = expect.old === null ? null : await renewedCertificate(root, expect);
    return already === null ? null : `renewed already, expires ${day(already.notAfter)}`;
  },
  act,
  // Expired certificates are useless: renewing the rest is better than the way back.
  mayGoOn: async ({ expect }, { root, plan }) => plan.oldExpired || (await renewedCertificate(root, expect)) !== null,
};

/**
 * Runs kubeadm to renew one name, and trusts only the files: kubeadm also exits 0 for what is missing and for an external
 * CA. Throws CertagentError KUBEADM_FAILED, KUBEADM_TIMEOUT, NOT_RENEWED, or what `checkRenewed` throws.
 */
async function act(step: KubeadmRenewStep, { root }: StepContext): Promise<string> {
  const result = await run(root, KUBEADM, step.argv, { limit: step.limit });
  if (result.exitCode !== 0)
    throw kubeadmError(step, result, {
      ifSlow:
        'kubeadm waits 40 s for an API server that does not answer: set the path of its configuration (--config).',
      ifFailed: `Run it by hand to see more: kubeadm ${step.argv.join(' ')} --v=5`,
    });
  try {
    return `new certificate expires ${day((await checkRenewed(root, step.expect)).notAfter)}`;
  } catch (error) {
    const words = relevantLine(result.stdout);
    if (!(error instanceof CertagentError) || error.code !== 'NOT_RENEWED' || words === null) throw error;
    throw new CertagentError('NOT_RENEWED', `${error.message}; kubeadm said "${words}"`, {
      cause: error,
      remedy: /external ca/i.test(words)
        ? 'Its CA key is not on this node: have the owner of the CA renew the certificate.'
        : `Run "kubeadm ${step.argv.join(' ')}" by hand and see what it says.`,
    });
  }
}

/** "MISSING! …" or "Detected external ca, … can't be renewed". */
function relevantLine(stdout: string): string | null {
  return said(stdout, (line) => /MISSING!|external ca|can't be renewed/i.test(line));
}
