import type { ObservedCertificate } from '../model/inventory.ts';
import type { Case } from './certificate-check.ts';
import { isLeaf, isToolOwned, OLD_RESTART_WINDOW, renewedAtAnyStart } from './renewal-window.ts';

/**
 * Whether a restart of K3s or RKE2 does not renew this one: a plan of ours restarted it while the leaf was so near its end
 * that every version renews, and the file was not written since. Where that is so of all leaves, it is no matter of this
 * one, and another try may help. An agent gets what its servers hold, sooner or later.
 */
export function isPassedOver(known: Pick<Case, 'observed' | 'inventory' | 'history' | 'now'>): boolean {
  const { observed, inventory } = known;
  if (inventory.node.role !== 'server' || !isRenewedInPlace(observed) || !wasLeft(observed, known)) return false;
  return inventory.certificates.some((other) => isRenewedInPlace(other) && !wasLeft(other, known));
}

function isRenewedInPlace(observed: ObservedCertificate): boolean {
  const isFile = observed.place.kind === 'pem' && isLeaf(observed);
  return isFile && isToolOwned(observed) && !renewedAtAnyStart(observed);
}

function wasLeft({ certificate, file }: ObservedCertificate, { history, now }: Pick<Case, 'history' | 'now'>): boolean {
  return history.attempts.some(
    ({ result, error, startedAt }) =>
      result === 'failed' &&
      error?.code === 'NOT_RENEWED' &&
      startedAt <= now &&
      file.modifiedAt < startedAt &&
      certificate.notAfter - startedAt <= OLD_RESTART_WINDOW,
  );
}
