import { MINUTE } from '../../time/duration.ts';
import * as renewal from '../detect/renewal.ts';
import * as signing from '../detect/signing-command.ts';
import * as users from '../detect/user-alerts.ts';
import * as requests from '../detect/waiting-requests.ts';
import type { StateKind } from '../kind.ts';

/** What becomes of a renewal. */
export const RENEWAL = {
  OBSERVING: {
    category: 'renewal',
    meaning: 'certagent only observes this node, and certificates that it could renew are due.',
    severity: 'info',
    at: { warning: 'within 30 days of expiry', critical: 'within 7 days; for short-lived certificates later' },
    remedy: 'To see what would be done: certagent plan. To allow renewals: certagent enable',
    dated: true,
    find: renewal.observing,
  },
  RENEWAL_BLOCKED: {
    category: 'renewal',
    meaning: 'Something prevents the renewal. The alert names it, and what to do.',
    severity: 'warning',
    at: {
      info: 'where you have paused renewals',
      critical: 'when a certificate is urgent, has expired, or expires before a pause ends',
    },
    remedy: 'See what prevents it: certagent plan',
    dated: true,
    find: renewal.blocked,
  },
  RENEWAL_NOT_OURS: {
    category: 'renewal',
    meaning: 'Certificates are due that certagent cannot renew: of an external CA, of the kubelet, or yours.',
    severity: 'warning',
    at: { info: 'for your own certificates and copies', critical: 'when urgent' },
    remedy: 'Renew them where they come from.',
    dated: true,
    find: renewal.notOurs,
  },
  REQUEST_WAITING: {
    category: 'renewal',
    meaning: 'Requests to a CA elsewhere wait for signed certificates, since the day that the alert names.',
    severity: 'warning',
    at: { info: 'while nothing is due', critical: 'when a certificate is urgent or has expired' },
    remedy:
      'Have them signed (certagent csr shows where they are), and install the answer: certagent install FILES. To drop a request that nobody needs: certagent csr --drop NAME',
    dated: true,
    find: requests.waiting,
  },
  USER_REQUEST_WAITING: {
    category: 'renewal',
    meaning:
      "The request for a user's new certificate waits for the approval of a person, since the time that the alert names.",
    severity: 'warning',
    at: { critical: 'when the present certificate is urgent or has expired' },
    remedy: 'See who asks for what, and approve it: kubectl get csr',
    find: users.waiting,
  },
  USER_NOT_RENEWED: {
    category: 'renewal',
    meaning:
      "A user's certificate is configured to be renewed, and certagent does not request its successor, or got none.",
    severity: 'warning',
    remedy: 'See why: certagent status',
    // The API may be away for a moment.
    holdOff: 15 * MINUTE,
    find: users.notRenewed,
  },
  SIGNING_FAILED: {
    category: 'renewal',
    meaning: 'external_ca.command was called to have requests signed, and nothing could be installed.',
    severity: 'warning',
    at: { critical: 'when a certificate is urgent or has expired' },
    remedy:
      'certagent calls it again, after longer and longer pauses. To see what went wrong: journalctl -u certagent -u certagent-external-ca',
    find: signing.failing,
  },
  OTHER_RENEWER: {
    category: 'renewal',
    meaning: "Another program also renews this node's certificates: a timer, a cron line or kucero.",
    severity: 'info',
    remedy:
      'Let one of them renew: disable the other (systemctl disable --now NAME.timer; remove the cron line; delete the DaemonSet), or set mode = "observe".',
    find: renewal.otherRenewers,
  },
  RENEWAL_FAILED: {
    category: 'renewal',
    meaning: 'The last renewal failed.',
    severity: 'critical',
    at: { warning: 'when its rehearsal ended it before anything was changed, and nothing is urgent' },
    remedy:
      'certagent tries again, after longer and longer pauses. To see what went wrong: certagent history, journalctl -u certagent',
    find: renewal.failed,
  },
  RENEWAL_ROLLED_BACK: {
    category: 'renewal',
    meaning: 'The last renewal failed and was rolled back: the previous certificates are in use again.',
    severity: 'warning',
    at: { critical: 'when a certificate is urgent or has expired' },
    remedy:
      'certagent tries again, after longer and longer pauses. To see what went wrong: certagent history, journalctl -u certagent',
    find: renewal.rolledBack,
  },
} as const satisfies Record<string, StateKind>;
