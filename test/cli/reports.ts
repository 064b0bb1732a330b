import type { Certificate, Owner } from '../../src/domain/model/certificate.ts';
import type { Nearness, Verdict } from '../../src/domain/model/decision.ts';
import type { NodeFacts } from '../../src/domain/model/inventory.ts';
import type { CopyOutcome } from '../../src/domain/model/journal.ts';
import {
  HISTORY_SCHEMA,
  type HistoryReport,
  STATUS_SCHEMA,
  type StatusReport,
  type StatusRow,
} from '../../src/domain/model/status.ts';
import { DAY } from '../../src/domain/time/duration.ts';

/** Tuesday, 14:30 in Berlin. */
export const NOW = Date.UTC(2026, 2, 3, 13, 30);

export const NODE: NodeFacts = {
  name: 'cp-1',
  distribution: 'kubeadm',
  role: 'control-plane',
  version: 'v1.31.4',
  timeZone: 'Europe/Berlin',
  paths: {
    certificatesDir: '/etc/kubernetes/pki',
    kubeconfigDir: '/etc/kubernetes',
    manifestsDir: '/etc/kubernetes/manifests',
    dataDir: null,
    adminKubeconfig: '/etc/kubernetes/admin.conf',
  },
  missing: [],
};

export function certificate(notAfter: number, change: Partial<Certificate> = {}): Certificate {
  return {
    subject: 'CN=kube-apiserver',
    issuer: 'CN=kubernetes',
    commonName: 'kube-apiserver',
    organizations: [],
    serial: '5D1C0FFEE0DDF00D',
    fingerprint: 'ab'.repeat(32),
    publicKey: 'cd'.repeat(32),
    keyType: 'RSA 2048',
    notBefore: NOW - 275 * DAY,
    notAfter,
    sans: [],
    isCa: false,
    usages: ['serverAuth'],
    ...change,
  };
}

export function row(
  id: string,
  days: number,
  change: { owner?: Owner; nearness?: Nearness; verdict?: Verdict; path?: string; sans?: string[] } = {},
): StatusRow {
  const notAfter = NOW + days * DAY;
  return {
    id,
    certificate: certificate(notAfter, { sans: change.sans ?? [] }),
    place: { kind: 'pem', path: change.path ?? `/etc/kubernetes/pki/${id}.crt`, index: 0 },
    owner: change.owner ?? 'kubeadm',
    key: { state: 'not-expected' },
    issuance: { ca: 'ca', state: 'signed', caNotAfter: NOW + 3000 * DAY },
    file: { mode: 0o644, uid: 0, gid: 0, modifiedAt: NOW - 275 * DAY, changedAt: NOW - 275 * DAY },
    component: null,
    decision: {
      id,
      notAfter,
      nearness: change.nearness ?? 'valid',
      opensAt: notAfter - 90 * DAY,
      urgentAt: notAfter - 30 * DAY,
      verdict: change.verdict ?? { kind: 'keep', until: notAfter - 90 * DAY },
    },
  };
}

export function report(change: Partial<StatusReport> = {}): StatusReport {
  return {
    schema: STATUS_SCHEMA,
    at: NOW,
    checkedAt: NOW,
    source: 'daemon',
    version: '0.1.0',
    mode: 'renew',
    node: NODE,
    labels: {},
    certificates: [
      row('apiserver', 239),
      row('ca', 3000, { owner: 'cluster-ca', verdict: { kind: 'keep', until: null } }),
    ],
    findings: [],
    served: [],
    renewal: { kind: 'none', nextAt: NOW + 149 * DAY },
    running: null,
    lastAttempt: null,
    alerts: [],
    copies: [],
    nextCheckAt: NOW + DAY / 8,
    configError: null,
    failingSinks: [],
    ...change,
  };
}

export function copy(user: string, result: CopyOutcome['result'], detail = ''): CopyOutcome {
  return { path: `/home/${user}/.kube/config`, user, result, detail, certificates: [] };
}

export const HISTORY: HistoryReport = {
  schema: HISTORY_SCHEMA,
  attempts: [
    {
      planId: 'p1',
      startedAt: NOW - 366 * DAY,
      endedAt: NOW - 366 * DAY + 61_000,
      result: 'rolled-back',
      trigger: 'schedule',
      error: { code: 'CYCLE_TIMEOUT', message: 'kube-scheduler did not come back' },
      granted: [],
    },
    {
      planId: 'p2',
      startedAt: NOW - 365 * DAY,
      endedAt: NOW - 365 * DAY + 48_000,
      result: 'succeeded',
      trigger: 'manual',
      error: null,
      granted: [{ id: 'apiserver', notAfter: NOW }],
    },
  ],
};
