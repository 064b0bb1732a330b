import { KUBEADM } from '../../distributions/names.ts';
import { ERRORS } from '../../model/error-codes.ts';
import * as events from '../detect/events.ts';
import type { EventKind } from '../kind.ts';

/** What happened. */
export const EVENTS = {
  RENEWED: {
    category: 'event',
    meaning: 'Certificates were renewed.',
    severity: 'info',
    remedy: '',
    happened: events.renewed,
  },
  RESTORED: {
    category: 'event',
    meaning: 'Certificates were restored from a backup, because a person asked for it.',
    severity: 'info',
    remedy: '',
    happened: events.restored,
  },
  RENEWED_WITH_DEFAULTS: {
    category: 'event',
    meaning: `${KUBEADM} renewed with its defaults (key type, lifetime) instead of the cluster's configuration.`,
    severity: 'warning',
    remedy: ERRORS.KEY_TYPE_CHANGED.remedy,
    happened: events.withDefaults,
  },
  RENEWAL_KEPT_NEW: {
    category: 'event',
    meaning:
      'A renewal failed; the new certificates stay, because the previous ones had expired or a restart has loaded a new CA.',
    severity: 'critical',
    remedy: 'See which component does not load them: certagent status',
    happened: events.keptNew,
  },
  HOOK_FAILED: {
    category: 'event',
    meaning: 'A hook of a renewal failed. The renewal itself does not depend on it.',
    severity: 'warning',
    remedy: 'Do what the hook should have done, and run it by hand to see why it failed: journalctl -u certagent',
    happened: events.hookFailed,
  },
  RECOVERED: {
    category: 'event',
    meaning: 'An interrupted renewal or restore was finished or undone when certagent started.',
    severity: 'warning',
    remedy: 'See what interrupted it: journalctl -u certagent, certagent history',
    happened: events.recovered,
  },
  COPIES_UPDATED: {
    category: 'event',
    meaning: "Users' kubeconfig copies, or services' copies of certificates, were updated.",
    severity: 'info',
    remedy: '',
    happened: events.copiesUpdated,
  },
  TEST: {
    category: 'event',
    meaning: 'You asked for a test: certagent alert test.',
    severity: 'info',
    remedy: '',
    happened: () => [],
  },
} as const satisfies Record<string, EventKind>;
