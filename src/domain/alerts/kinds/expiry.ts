import * as cas from '../detect/ca-expiry.ts';
import * as certificates from '../detect/certificates.ts';
import type { ExpiryKind } from '../kind.ts';

/** What expires. Neither another alert nor a hold-off keeps these back. */
export const EXPIRY = {
  CERTIFICATE_EXPIRED: {
    category: 'expiry',
    meaning: 'Certificates have expired.',
    severity: 'critical',
    remedy: 'Renew now.',
    find: certificates.expired,
  },
  CERTIFICATE_URGENT: {
    category: 'expiry',
    meaning: 'Certificates expire soon: windows.urgent has begun.',
    severity: 'warning',
    at: { critical: 'within 7 days of expiry, or in the last third of a shorter renewal window' },
    remedy: 'They are renewed at the next check. To see why they were not: certagent status, certagent history',
    find: certificates.urgent,
  },
  CERTIFICATE_EXPIRING: {
    category: 'expiry',
    meaning: 'Certificates are due: they will be renewed in the maintenance window.',
    severity: 'info',
    remedy: 'Nothing. To see what will be done: certagent plan',
    find: certificates.expiring,
  },
  CERTIFICATE_NOT_YET_VALID: {
    category: 'expiry',
    meaning: 'Certificates are not valid yet: a clock is wrong, here or where they were signed.',
    severity: 'critical',
    remedy: "Check this node's clock, and the clock of the machine that signed: timedatectl",
    find: certificates.notYetValid,
  },
  LOOPBACK_EXPIRES: {
    category: 'expiry',
    meaning:
      'The certificate that a kube-apiserver made at its start, for its requests to itself, expires within 60 days.',
    severity: 'warning',
    at: { critical: 'within 7 days of expiry' },
    remedy: 'Nothing: certagent restarts the kube-apiserver in the maintenance window.',
    find: certificates.loopback,
  },
  CA_ENDING: {
    category: 'expiry',
    meaning: 'A CA expires within 365, 180, 90 or 30 days. certagent does not renew CAs.',
    severity: 'warning',
    at: { info: 'more than 180 days before expiry', critical: 'within 30 days of expiry' },
    remedy:
      'A renewal of certificates does not renew their CA: plan the rotation of the CA as the documentation of your distribution describes it.',
    find: cas.casExpiring,
  },
  LEAF_OUTLIVES_CA: {
    category: 'expiry',
    meaning: 'A certificate expires after its CA, and will be refused as soon as the CA has expired.',
    severity: 'warning',
    remedy: 'Rotate the CA before it expires, then renew: the expiry of the leaves does not count.',
    find: cas.leavesOutlivingCa,
  },
} as const satisfies Record<string, ExpiryKind>;
