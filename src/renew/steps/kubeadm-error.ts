import { CertagentError } from '../../domain/model/errors.ts';
import { said } from '../../domain/text/printable.ts';
import type { CommandResult } from '../../host/commands.ts';

/**
 * The error of a call of kubeadm that did not exit with 0: KUBEADM_TIMEOUT or KUBEADM_FAILED. `mayQuote`: whether a line of
 * its standard error may be shown.
 */
export function kubeadmError(
  { argv, limit }: { argv: string[]; limit: number },
  { timedOut, stderr, exitCode, signal }: CommandResult,
  how: { ifSlow?: string; ifFailed: string; mayQuote?: (line: string) => boolean },
): CertagentError {
  const call = `kubeadm ${argv.join(' ')}`;
  if (timedOut) {
    const remedy = how.ifSlow === undefined ? {} : { remedy: how.ifSlow };
    return new CertagentError('KUBEADM_TIMEOUT', `${call} did not finish within ${limit / 1000} s`, remedy);
  }
  // klog's warnings and infos come first.
  const words = said(stderr, (line) => !/^[WI]\d{4} /.test(line) && how.mayQuote?.(line) !== false);
  const ending = exitCode === null ? `was killed by ${signal}` : `exited with ${exitCode}`;
  return new CertagentError('KUBEADM_FAILED', `${call} ${ending}${words === null ? '' : `: ${words}`}`, {
    remedy: how.ifFailed,
  });
}
