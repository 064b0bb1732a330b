import { CLOCK_REMEDY } from '../../decide/blockers.ts';
import { allLabels } from '../../distributions/names.ts';
import { MINUTE } from '../../time/duration.ts';
import * as certagent from '../detect/certagent.ts';
import type { StateKind } from '../kind.ts';

/** What is wrong with certagent itself, or with what it relies on. */
export const CERTAGENT = {
  NODE_UNKNOWN: {
    category: 'certagent',
    meaning: `No ${allLabels('or')} node was found. What was active stays active.`,
    severity: 'warning',
    at: { critical: 'when a node was here before' },
    remedy:
      'Check whether a file system is not mounted and where the data directory is; where there should be no node, remove certagent.',
    find: certagent.nodeUnknown,
  },
  CLOCK_DOUBTFUL: {
    category: 'certagent',
    meaning: 'The clock is doubtful: certagent does not renew, and reports no other expiry until it is correct.',
    severity: 'warning',
    at: { critical: 'when, by the time shown, a certificate is urgent or has expired' },
    remedy: CLOCK_REMEDY,
    // After a boot it takes minutes until the clock is synchronised.
    holdOff: 10 * MINUTE,
    find: certagent.clockDoubtful,
  },
  CONFIG_REFUSED: {
    category: 'certagent',
    meaning: 'The configuration was refused at a reload; the previous one stays in use.',
    severity: 'warning',
    remedy: 'Correct it (certagent config check), then: certagent reload',
    find: certagent.configRefused,
  },
  MODE_MISSING: {
    category: 'certagent',
    meaning:
      'certagent observed this node, and its configuration does not set "mode" any more. certagent goes on observing; the default, renew, is not used.',
    severity: 'warning',
    remedy: 'Set it: certagent disable writes mode = "observe", certagent enable writes mode = "renew".',
    find: certagent.modeMissing,
  },
  HOOK_REFUSED: {
    category: 'certagent',
    meaning: 'A hook is not run: others can change it or a directory on its path, or it is not a program.',
    severity: 'warning',
    remedy:
      'See each row. Once you know what is in it: chown root: PATH; chmod go-w PATH (a program: chmod 0755). Then: certagent config check',
    find: certagent.hooksRefused,
  },
  COORDINATION_DEGRADED: {
    category: 'certagent',
    meaning: 'The control-plane nodes cannot take turns by the Lease: they take them by the time of day.',
    severity: 'warning',
    remedy: 'Give certagent a kubeconfig that may use the Lease: certagent cluster manifest',
    find: certagent.coordinationDegraded,
  },
  SINK_FAILING: {
    category: 'certagent',
    meaning: 'A sink has refused alerts three times, or for 15 minutes.',
    severity: 'warning',
    remedy: 'certagent keeps the alerts for a week and tries again. To see the reason: certagent alert test',
    find: certagent.sinksFailing,
  },
} as const satisfies Record<string, StateKind>;
