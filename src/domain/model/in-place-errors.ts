import type { ErrorKind } from './error-kind.ts';

/** Of a renewal without a restart. */
export const IN_PLACE_ERRORS = {
  CLIENTS_STAY_OLD: {
    meaning: 'After a renewal in place, requests with a previous certificate still arrive at the API server.',
    remedy:
      "A program with an old copy of the administrator's kubeconfig counts, too: update the copies (certagent sync). certagent restarts the unit in the next maintenance window.",
  },
  CLIENTS_UNSEEN: {
    meaning: 'After a renewal in place, certagent cannot see whether everything uses the new certificates.',
    remedy: 'Nothing needs to be done: certagent restarts the unit in the next maintenance window.',
  },
  SUPERVISOR_REFUSED: {
    meaning: "The server of K3s has not signed the certificates of this node's agent.",
    remedy: 'Nothing needs to be done: certagent restarts the unit in the next maintenance window.',
  },
  SUPERVISOR_AWAY: {
    meaning: 'While the certificates of a K3s agent were renewed in place, its server did not answer.',
    remedy: 'Bring a server back; certagent tries again, without a restart, in the next maintenance window.',
  },
  SIGNED_REFUSED: {
    meaning:
      "The API server does not accept a certificate that its K3s has just signed for this node's agent: none was put in place.",
    remedy: 'Nothing needs to be done: certagent restarts the unit in the next maintenance window.',
  },
} as const satisfies Record<string, ErrorKind>;
