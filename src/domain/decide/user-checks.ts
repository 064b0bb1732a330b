import type { UserNext } from '../model/user-certificate.ts';
import { approvalOf } from '../users/user-names.ts';
import { type Case, type CertificateCheck, escalate, expires } from './certificate-check.ts';

/** Certificates of users that certagent requests from the cluster. The files are their users', so the node's renewal waits for none of them. */
export const userChecks: CertificateCheck[] = [
  {
    code: 'USER_NOT_RENEWED',
    verdict: (known) => {
      const next = nextOf(known);
      return next?.is === 'stopped'
        ? escalate(`${expires(known.observed, known.now)}, and no successor is requested: ${next.why}`, next.remedy)
        : null;
    },
  },
  {
    code: 'USER_REQUEST_WAITING',
    verdict: (known) => {
      const entry = entryOf(known);
      return entry?.next.is === 'waiting' && !entry.next.approved
        ? escalate(
            `${expires(known.observed, known.now)}, and the request for its successor waits for approval: ${entry.next.name}`,
            `To approve it: ${approvalOf(entry.next.name, entry.user)}`,
          )
        : null;
    },
  },
  {
    code: 'USER_CERTIFICATE',
    verdict: (known) => {
      const next = nextOf(known);
      if (next === null) return null;
      return { kind: 'keep', until: 'until' in next ? next.until : known.now };
    },
  },
];

/** null: it is not such a certificate. */
function entryOf({ observed: { owner, place, certificate }, inventory: { users = [] } }: Case) {
  if (owner !== 'copy') return null;
  return users.find(({ path, user }) => path === place.path && user === certificate.commonName) ?? null;
}

const nextOf = (known: Case): UserNext | null => entryOf(known)?.next ?? null;
