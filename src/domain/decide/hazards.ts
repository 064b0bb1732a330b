import type { ReasonCode } from './reasons.ts';

/** `severity` is that of the alert: critical where a restart could silently replace a CA, and refuse every kubeconfig. */
export type HazardRule = {
  blocker: ReasonCode;
  severity: 'critical' | 'warning';
  remedy: string;
  /** Whether a K3s or RKE2 that takes missing CA files from its datastore may repair it. */
  isRestored?: true;
};

/** Everything that makes a restart of a node's unit do harm, with the blocker that prevents the restart. */
export const HAZARDS = {
  'ca-missing': {
    blocker: 'K3S_CA_MISSING',
    severity: 'critical',
    remedy: 'Restore it from a backup: a restart would make a new CA.',
    isRestored: true,
  },
  'ca-key-missing': {
    blocker: 'K3S_CA_KEY_MISSING',
    severity: 'critical',
    remedy: 'Restore it: a restart would make a new CA and refuse every kubeconfig.',
    isRestored: true,
  },
  'ca-unparsable': {
    blocker: 'K3S_CA_UNPARSABLE',
    severity: 'critical',
    remedy: 'Restore it from a backup before anything restarts.',
  },
  'ca-key-mismatch': {
    blocker: 'K3S_CA_KEY_MISMATCH',
    severity: 'critical',
    remedy: 'Restore certificate and key of this CA from the same backup.',
  },
  'ca-changed': {
    blocker: 'K3S_CA_CHANGED',
    severity: 'critical',
    remedy:
      'Restore the previous file from a backup. To rotate a CA, use the command "certificate rotate-ca", which stores it in the datastore. A restart with this file fails.',
  },
  'leaf-garbage': {
    blocker: 'K3S_LEAF_GARBAGE',
    severity: 'warning',
    remedy:
      'Remove this file and its key: a restart issues what is missing, and keeps what is broken. With renew.heal = true certagent does that where it is safe.',
  },
  'leaf-unwritable': {
    blocker: 'K3S_LEAF_UNWRITABLE',
    severity: 'warning',
    remedy: 'Make it writable: the start fails when it cannot renew this file.',
  },
  'kubeconfig-unwritable': {
    blocker: 'K3S_KUBECONFIG_UNWRITABLE',
    severity: 'warning',
    remedy: 'Make it writable: the start fails when it cannot write this file.',
  },
} as const satisfies Record<string, HazardRule>;

export type HazardCode = keyof typeof HAZARDS;
