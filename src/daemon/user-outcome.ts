import type { Instant } from '../domain/model/certificate.ts';
import type { ObservedCertificate } from '../domain/model/inventory.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { UserNext, UserSpec } from '../domain/model/user-certificate.ts';
import { date } from '../domain/time/day.ts';

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
  const expires = notAfter === null ? '' : `certificate of ${user} expires ${date(notAfter)}`;
  const detail = [expires, inWords(next)].filter((part) => part !== '').join('; ');
  return {
    path,
    user: account,
    result: wrote ?? RESULTS[next.is],
    detail,
    certificates,
    own: { user, groups, notAfter, next },
  };
}

/** While a request waits, the file is as it was and works. */
const RESULTS = { valid: 'current', due: 'current', waiting: 'current', failed: 'failed', stopped: 'refused' } as const;

function inWords(next: UserNext): string {
  switch (next.is) {
    case 'valid':
      return `a new one is requested from ${date(next.until)} on`;
    case 'due':
      return `a new one is requested at ${date(next.until)} (${next.why})`;
    case 'waiting':
      return next.approved
        ? `the request ${next.name} is approved, and waits for the signer of the cluster`
        : `the request ${next.name} waits for approval since ${date(next.since)}: kubectl certificate approve ${next.name}`;
    case 'failed':
      return `no new one: ${next.why}`;
    case 'stopped':
      return `not renewed: ${next.why.replace(/\.+$/, '')}. ${next.remedy}`;
  }
}
