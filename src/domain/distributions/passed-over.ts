import type { Case } from '../decide/certificate-check.ts';
import { isLeaf, isToolOwned } from '../decide/ownership.ts';
import type { ObservedCertificate } from '../model/inventory.ts';
import { renewedAtEveryStart } from './agent-leaves.ts';
import { OLD_RESTART_WINDOW } from './restart-window.ts';

/**
 * Whether a restart does not renew this one: a plan of ours restarted the unit while the leaf was so near expiry that every
 * version renews it, and the file was not written since. Where that is so of all leaves, this one is not the reason, and
 * another attempt may help. An agent gets what its servers hold, sooner or later.
 */
export function isPassedOver(known: Pick<Case, 'observed' | 'inventory' | 'history' | 'now'>): boolean {
  const { observed, inventory } = known;
  const { role, version } = inventory.node;
  if (role !== 'server' || !isRenewedInPlace(observed, version) || !wasLeft(observed, known)) return false;
  return inventory.certificates.some((other) => isRenewedInPlace(other, version) && !wasLeft(other, known));
}

function isRenewedInPlace(observed: ObservedCertificate, version: string | null): boolean {
  const isFile = observed.place.kind === 'pem' && isLeaf(observed);
  return isFile && isToolOwned(observed) && !renewedAtEveryStart(observed, version);
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
