import { KUBEADM } from '../../domain/distributions/names.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import type { Step } from '../../domain/model/plan.ts';
import { said } from '../../domain/text/printable.ts';
import { type CommandResult, run } from '../../host/commands.ts';
import type { StepContext } from '../engine/step-context.ts';
import { day } from '../engine/wait.ts';
import { checkRenewed, renewedCertificate } from './verify.ts';

type RenewStep = Extract<Step, { kind: 'kubeadm-renew' }>;

/**
 * Lets kubeadm renew one name, and believes the files only: kubeadm exits 0 for what is missing and for an external CA,
 * too. What is renewed already is left alone. Returns the detail for a person. Throws CertagentError KUBEADM_FAILED,
 * KUBEADM_TIMEOUT, NOT_RENEWED, or what `checkRenewed` throws.
 */
export async function renewWithKubeadm(step: RenewStep, { root }: StepContext): Promise<string> {
  const already = step.expect.old === null ? null : await renewedCertificate(root, step.expect);
  if (already !== null) return `renewed already, ends ${day(already.notAfter)}`;
  const result = await run(root, KUBEADM, step.argv, { limit: step.limit });
  if (result.exitCode !== 0) throw kubeadmError(step, result);
  try {
    return `new certificate ends ${day((await checkRenewed(root, step.expect)).notAfter)}`;
  } catch (error) {
    const words = relevantLine(result.stdout);
    if (!(error instanceof CertagentError) || error.code !== 'NOT_RENEWED' || words === null) throw error;
    throw new CertagentError('NOT_RENEWED', `${error.message}; kubeadm said "${words}"`, {
      cause: error,
      remedy: /external ca/i.test(words)
        ? 'Its CA key is not on this node: have the certificate renewed by whoever keeps the CA.'
        : `Run "kubeadm ${step.argv.join(' ')}" by hand and see what it says.`,
    });
  }
}

function kubeadmError(step: RenewStep, result: CommandResult): CertagentError {
  const call = `kubeadm ${step.argv.join(' ')}`;
  if (result.timedOut) {
    return new CertagentError('KUBEADM_TIMEOUT', `${call} did not end within ${step.limit / 1000} s`, {
      remedy:
        'kubeadm waits 40 s for an API server that does not answer: set the path of its configuration (--config).',
    });
  }
  // klog's warnings and infos come first.
  const words = said(result.stderr, (line) => !/^[WI]\d{4} /.test(line));
  const ending = result.exitCode === null ? `was ended by ${result.signal}` : `exited with ${result.exitCode}`;
  return new CertagentError('KUBEADM_FAILED', `${call} ${ending}${words === null ? '' : `: ${words}`}`, {
    remedy: `Run it by hand to see more: ${call} --v=5`,
  });
}

/** "MISSING! …" or "Detected external ca, … can't be renewed". */
function relevantLine(stdout: string): string | null {
  return said(stdout, (line) => /MISSING!|external ca|can't be renewed/i.test(line));
}
