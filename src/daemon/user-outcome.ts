import type { Instant } from '../domain/model/certificate.ts';
import type { ObservedCertificate } from '../domain/model/inventory.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { UserNext, UserSpec } from '../domain/model/user-certificate.ts';
import { date } from '../domain/time/day.ts';
import { approvalOf } from '../domain/users/user-names.ts';

export type UserState = {
  next: UserNext;
  notAfter: Instant | null;
  account: string;
  certificates: ObservedCertificate[];
  /** What was done to the file. */
  wrote: 'updated' | 'created' | null;
};

/** A user's certificate among the copies of the node. */
export function outcomeOf(spec: UserSpec, { next, notAfter, account, certificates, wrote }: UserState): CopyOutcome {
  const { kubeconfig: path, user, groups } = spec;
  const isRequested = next.is === 'waiting' || next.is === 'due' || next.is === 'failed';
  const none = isRequested ? `no certificate for ${user} yet` : '';
  const expires = notAfter === null ? none : `certificate of ${user} expires ${date(notAfter)}`;
  const detail = [expires, inWords(next, user)].filter((part) => part !== '').join('; ');
  return {
    path,
    user: account,
    result: wrote ?? resultOf(next, notAfter),
    detail,
    certificates,
    own: { user, groups, notAfter, next },
  };
}

/** While a request waits, the file is as it was and works; without one there is nothing that could be current. */
function resultOf({ is }: UserNext, notAfter: Instant | null): CopyOutcome['result'] {
  if (is === 'failed') return 'failed';
  if (is === 'stopped') return 'refused';
  return notAfter === null ? 'pending' : 'current';
}

function inWords(next: UserNext, user: string): string {
  switch (next.is) {
    case 'valid':
      return `a new one is requested from ${date(next.until)} on`;
    case 'due':
      return `a new one is requested at ${date(next.until)} (${next.why})`;
    case 'waiting':
      return next.approved
        ? `the request ${next.name} is approved, and waits for the signer of the cluster`
        : `the request ${next.name} waits for approval since ${date(next.since)}: ${approvalOf(next.name, user)}`;
    case 'failed':
      return `no new one: ${next.why}`;
    case 'stopped':
      return `not renewed: ${next.why.replace(/\.+$/, '')}. ${next.remedy}`;
  }
}
