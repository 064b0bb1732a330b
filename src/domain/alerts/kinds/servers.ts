import { MINUTE } from '../../time/duration.ts';
import * as servers from '../detect/servers.ts';
import type { StateKind } from '../kind.ts';

/** What is wrong with the processes that use them. */
export const SERVERS = {
  SERVED_STALE: {
    category: 'servers',
    meaning: 'A server serves another certificate than the one on disk.',
    severity: 'warning',
    at: { critical: 'when the one it serves expires within 7 days' },
    remedy: 'Restart the server.',
    find: servers.servedStale,
  },
  COPY_NOT_LOADED: {
    category: 'servers',
    meaning: 'A service that has a copy of a certificate could not be reloaded, or serves another one.',
    severity: 'warning',
    at: { critical: 'when the one it serves expires within 7 days' },
    remedy: 'See why, and reload or restart the service.',
    // A service may be restarting.
    holdOff: 5 * MINUTE,
    find: servers.copiesNotLoaded,
  },
  NOT_LOADED: {
    category: 'servers',
    meaning: 'A file was renewed, and the component that reads it only at its start was not restarted.',
    severity: 'warning',
    remedy: 'Restart the component.',
    find: servers.notLoaded,
  },
  SERVING_CSR_PENDING: {
    category: 'servers',
    meaning: 'The kubelet waits for a serving certificate: nobody has approved its request.',
    severity: 'warning',
    remedy: 'See who asks for which addresses, and approve it: kubectl get csr',
    // Where a controller approves them, it takes moments.
    holdOff: 15 * MINUTE,
    find: servers.servingRequested,
  },
  RESTART_HAZARD: {
    category: 'servers',
    meaning: 'A restart of the node’s unit would do harm.',
    severity: 'warning',
    at: { critical: 'when it would replace a CA' },
    remedy: 'Do not restart it before you have done what the alert says of each file.',
    find: servers.restartHazards,
  },
} as const satisfies Record<string, StateKind>;
