import type { Instant } from '../model/certificate.ts';
import type { UserMemory, UserSpec } from '../model/user-certificate.ts';
import type { UserSight } from './user-step.ts';

export function nothingKnown({ kubeconfig, user }: Pick<UserSpec, 'kubeconfig' | 'user'>): UserMemory {
  const none = { known: null, gone: false, request: null, failures: 0, failedAt: null, error: null, denied: null };
  return { kubeconfig, user, ...none };
}

/** Root has named the file, so the first certificate that is seen in it counts; later ones only where they expire later. */
export function remembering(memory: UserMemory, sight: UserSight, now: Instant): UserMemory {
  if (sight.state === 'absent') return sight.isGone && memory.known !== null ? { ...memory, gone: true } : memory;
  const { found } = sight;
  if (found === null || !found.isSigned || !found.isProven) return memory;
  const { fingerprint, notAfter } = found.certificate;
  const { known } = memory;
  if (notAfter < now || (known !== null && notAfter <= known.notAfter)) return memory;
  return { ...memory, known: { fingerprint, notAfter }, gone: false, denied: null };
}

export const failing = (memory: UserMemory, error: string, now: Instant): UserMemory => ({
  ...memory,
  failures: memory.failures + 1,
  failedAt: now,
  error,
});

/** A certificate of certagent is in the file. */
export function renewedTo(memory: UserMemory, { fingerprint, notAfter }: { fingerprint: string; notAfter: Instant }) {
  return { ...nothingKnown(memory), known: { fingerprint, notAfter } };
}

export const isOf = (memory: Pick<UserSpec, 'kubeconfig' | 'user'>, spec: Pick<UserSpec, 'kubeconfig' | 'user'>) =>
  memory.kubeconfig === spec.kubeconfig && memory.user === spec.user;
