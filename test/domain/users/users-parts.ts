// A user's certificate, what is remembered of it, and what its file holds.
import type { Certificate } from '../../../src/domain/model/certificate.ts';
import type { UserMemory, UserRequest, UserSpec } from '../../../src/domain/model/user-certificate.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { nothingKnown } from '../../../src/domain/users/user-memory.ts';
import type { FoundUser, UserCase } from '../../../src/domain/users/user-step.ts';
import { NOW, policyOf } from '../../support/inventory.ts';

export const SPEC: UserSpec = {
  kubeconfig: '/home/nana/.kube/config',
  user: 'nana',
  groups: ['developers', 'viewers'],
  expires: 90 * DAY,
  approve: false,
};

/** Valid for 90 days, of which `daysLeft` are left. */
export function certificateOf(daysLeft: number, change: Partial<Certificate> = {}): Certificate {
  return {
    subject: 'O=developers + O=viewers, CN=nana',
    issuer: 'CN=kubernetes',
    commonName: 'nana',
    organizations: ['viewers', 'developers'],
    serial: '01',
    fingerprint: `of ${daysLeft} days`,
    publicKey: `key of ${daysLeft} days`,
    keyType: 'EC P-256',
    notBefore: NOW + (daysLeft - 90) * DAY,
    notAfter: NOW + daysLeft * DAY,
    sans: [],
    isCa: false,
    usages: ['clientAuth'],
    ...change,
  };
}

export const foundOf = (daysLeft: number, change: Partial<FoundUser> = {}): FoundUser => ({
  certificate: certificateOf(daysLeft),
  isSigned: true,
  isProven: true,
  isHalfway: false,
  fixed: null,
  ...change,
});

export const knownOf = (daysLeft: number, change: Partial<UserMemory> = {}): UserMemory => {
  const { fingerprint, notAfter } = certificateOf(daysLeft);
  return { ...nothingKnown(SPEC), known: { fingerprint, notAfter }, ...change };
};

export const requestFor = (replaces: string | null, change: Partial<UserRequest> = {}): UserRequest => ({
  ...SPEC,
  name: 'certagent-nana-0',
  createdAt: NOW,
  publicKey: 'new key',
  key: 'private',
  csr: 'request',
  replaces,
  postedAt: NOW,
  approved: false,
  certificate: null,
  ...change,
});

/** At noon, where the maintenance window is all day. */
export function caseOf(found: FoundUser | null, change: Partial<UserCase> = {}): UserCase {
  const memory = found === null ? nothingKnown(SPEC) : knownOf((found.certificate.notAfter - NOW) / DAY);
  const maintenance = { days: [0, 1, 2, 3, 4, 5, 6], start: 0, end: 0, timeZone: 'UTC' };
  return {
    spec: SPEC,
    memory,
    sight: { state: 'read', found },
    policy: policyOf({ maintenance, nodeDelay: 0 }),
    clockDoubt: null,
    now: NOW,
    ...change,
  };
}
