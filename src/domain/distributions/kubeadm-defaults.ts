import { type Certificate, lifetime } from '../model/certificate.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { Expectation, Remark, Renewed } from '../model/expectation.ts';
import { DAY, formatDuration } from '../time/duration.ts';

/** What kubeadm grants where it has no configuration, or cannot ask the cluster for it. */
export const KUBEADM_DEFAULTS = { keyType: 'RSA 2048', lifetime: 365 * DAY };

/**
 * Where renewed certificates have kubeadm's defaults and the previous ones had not: kubeadm says so only in passing, and
 * renews all the same.
 */
export function defaultsUsed(renewed: Renewed[]): Remark[] {
  const keys = renewed.filter(
    ({ expect: { old }, certificate: { keyType } }) =>
      old?.keyType !== undefined && keyType === KUBEADM_DEFAULTS.keyType && keyType !== old.keyType,
  );
  const lifetimes = renewed.filter(
    ({ expect: { old }, certificate }) =>
      old?.granted !== undefined && isDefaultLifetime(lifetime(certificate)) && !isAbout(old.granted),
  );
  return [
    ...remark(
      'KEY_TYPE_CHANGED',
      keys,
      ({ keyType }) => `an ${keyType} key`,
      ({ keyType }) => `${keyType}`,
    ),
    ...remark(
      'LIFETIME_CHANGED',
      lifetimes,
      (certificate) => `a lifetime of ${formatDuration(lifetime(certificate))}`,
      ({ granted }) => formatDuration(granted!),
    ),
  ];
}

export function isDefaultLifetime(granted: number): boolean {
  return Math.abs(granted - KUBEADM_DEFAULTS.lifetime) < DAY;
}

const isAbout = (granted: number): boolean => Math.abs(granted - KUBEADM_DEFAULTS.lifetime) < granted / 10;

function remark(
  code: ErrorCode,
  of: Renewed[],
  has: (certificate: Certificate) => string,
  had: (old: NonNullable<Expectation['old']>) => string,
): Remark[] {
  const [first] = of;
  if (first === undefined) return [];
  const ids = of.map(({ expect: { id } }) => id).join(', ');
  const what = `${has(first.certificate)}, kubeadm's default, instead of ${had(first.expect.old!)}`;
  return [{ code, message: `kubeadm gave ${what}: ${ids}` }];
}
