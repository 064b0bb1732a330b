import { MINUTE } from '../../time/duration.ts';
import * as files from '../detect/on-disk.ts';
import { sansMissing } from '../detect/sans-missing.ts';
import type { StateKind } from '../kind.ts';

/** What is wrong with certificates, keys and copies on disk. */
export const FILES = {
  KEY_MISMATCH: {
    category: 'files',
    meaning: 'A private key does not belong to the certificate beside it.',
    severity: 'critical',
    remedy:
      'A component that loads such a pair fails. Restore the certificate and its key from the same backup; those that certagent made are in /var/lib/certagent/backups.',
    find: files.keysThatDiffer,
  },
  KEY_UNREADABLE: {
    category: 'files',
    meaning: 'A private key is missing or cannot be read.',
    severity: 'warning',
    remedy: 'Restore the key, from the same backup as its certificate and without a passphrase.',
    find: files.keysUnreadable,
  },
  KEY_READABLE: {
    category: 'files',
    meaning: 'Other users can read a private key.',
    severity: 'warning',
    remedy: 'Restrict the file to its owner (chmod 0600), and treat the key as compromised.',
    find: files.keysReadable,
  },
  KEY_COPIES_LEFT: {
    category: 'files',
    meaning:
      'The command "certificate rotate" has left copies of private keys, those of the CAs too, which no program removes.',
    severity: 'info',
    remedy: 'When the certificates in use are good, remove the directories that the alert names (rm -r DIRECTORY).',
    find: files.keyCopiesLeft,
  },
  NOT_SIGNED_BY_CA: {
    category: 'files',
    meaning: 'A certificate is not signed by the CA on this node: peers refuse it.',
    severity: 'critical',
    remedy: 'Find out whether the CA or the certificate was replaced, and restore the right one from a backup.',
    explainedBy: ['FILE_UNREADABLE', 'KEY_MISMATCH', 'RESTART_HAZARD'],
    find: files.notSignedByCa,
  },
  SANS_MISSING: {
    category: 'files',
    meaning:
      "The API server's certificate lacks a name or an address by which clients reach it, as this node's own files say.",
    severity: 'warning',
    remedy: 'Add the names, as the alert says.',
    // K3s completes its listener's certificate in the first minutes after a start.
    holdOff: 10 * MINUTE,
    find: sansMissing,
  },
  FILE_UNREADABLE: {
    category: 'files',
    meaning: 'A file cannot be read as what it should be, so certagent does not know its certificates.',
    severity: 'warning',
    at: { critical: 'when it is a CA of the cluster' },
    remedy: 'Restore the files, or remove them from watch.paths.',
    explainedBy: ['RESTART_HAZARD'],
    find: files.filesUnreadable,
  },
  COPY_NOT_UPDATED: {
    category: 'files',
    meaning: "A user's kubeconfig copy, or a service's copy of a certificate, could not be updated.",
    severity: 'warning',
    remedy: 'Correct what the alert says about each file; then: certagent sync',
    explainedBy: ['FILE_UNREADABLE'],
    find: files.copiesNotUpdated,
  },
} as const satisfies Record<string, StateKind>;
