import { DAY, formatDuration, MINUTE } from '../domain/time/duration.ts';
import { whyNotRequested } from '../domain/users/user-names.ts';
import * as z from './fields.ts';
import { absolutePath, duration, note, table } from './fields.ts';
import type { KeyPath } from './toml.ts';

/** What the API takes at least, and the longest for which certagent asks: expiry is the only way to take it back. */
export const SHORTEST = 10 * MINUTE;
export const LONGEST = 366 * DAY;

const plainName = () =>
  z.string().check(
    z.refine((name) => whyNotRequested(name) === null, {
      error: ({ input }) => whyNotRequested(String(input)) ?? '',
    }),
  );

/** The keys of one [[users.certificates]]. */
const userCertificateKeys = z.strictObject({
  kubeconfig: note(
    absolutePath(),
    'The kubeconfig that holds the certificate, embedded, or as files beside it. It belongs to the account in whose home it is, else to root.',
    '/home/nana/.kube/config',
  ),
  user: note(
    plainName(),
    'Name of the user to Kubernetes (the CN of the certificate). Never "system:…" or "kubeadm:…".',
    'nana',
  ),
  groups: note(
    z.prefault(z.array(plainName()), []),
    'Groups of the user (the O of the certificate). What the certificate in the file says does not count.',
    ['developers'],
  ),
  expires: note(
    z.prefault(duration(), '90d'),
    'For how long each certificate is requested: 10m to 366d. The cluster may shorten it. Until then nobody can take it back.',
  ),
  approve: note(
    z.prefault(z.boolean(), false),
    "Approve the request with the node's admin credentials. false: a person approves it; an alert names the command.",
  ),
});

export type UserCertificateKeys = z.infer<typeof userCertificateKeys>;

/** The keys of [users]. */
export const usersTable = () =>
  note(
    table({
      certificates: note(
        z.prefault(z.array(userCertificateKeys), []),
        "A user's own client certificate, whose successor is requested from the cluster. Repeat the table for more.",
      ),
    }),
    "Users' own certificates: docs/users-certificates.md.",
  );

/** Keys of [[users.certificates]] that contradict one another, or can only be judged together. */
export function userCertificateRules(entries: UserCertificateKeys[]): { path: KeyPath; message: string }[] {
  const seen = new Set<string>();
  return entries.flatMap(({ kubeconfig, expires }, index) => {
    const found: { path: KeyPath; message: string }[] = [];
    const add = (key: string, message: string) => found.push({ path: ['users', 'certificates', index, key], message });
    if (!/^(\/(?!\.{1,2}(\/|$))[^/\0]+){2,}$/.test(kubeconfig))
      add('kubeconfig', 'must name a file in a directory, without "..", "." and double slashes');
    if (seen.has(kubeconfig)) add('kubeconfig', 'is already the file of another user');
    seen.add(kubeconfig);
    if (expires < SHORTEST || expires > LONGEST)
      add('expires', `must be ${formatDuration(SHORTEST)} to ${formatDuration(LONGEST)}`);
    return found;
  });
}
