// A node in good order, as plain data, and what can be changed about it.
import type { AlertInput } from '../../../src/domain/alerts/standing.ts';
import type { Decision, Nearness, Verdict } from '../../../src/domain/model/decision.ts';
import type { ObservedCertificate } from '../../../src/domain/model/inventory.ts';
import { DAY } from '../../../src/domain/time/duration.ts';

export const NOW = Date.UTC(2027, 2, 1, 12);

type Wanted = Partial<Omit<ObservedCertificate, 'certificate' | 'issuance'>> & {
  id: string;
  /** Days from now until it expires. */
  days: number;
  isCa?: boolean;
  caDays?: number;
  fingerprint?: string;
  issuance?: Partial<ObservedCertificate['issuance']>;
  nearness?: Nearness;
  verdict?: Verdict;
};

/** A certificate and its decision; the nearness follows from the days by the default windows. */
export function leaf(wanted: Wanted): { observed: ObservedCertificate; decision: Decision } {
  const { id, days, isCa = false, caDays = 3650, fingerprint = id, nearness, verdict, issuance, ...rest } = wanted;
  const notAfter = NOW + days * DAY;
  const path = `/etc/kubernetes/pki/${id}.crt`;
  return {
    observed: {
      id,
      certificate: {
        subject: `CN=${id}`,
        issuer: 'CN=kubernetes',
        commonName: id,
        organizations: [],
        serial: `0${id.length}`,
        fingerprint,
        publicKey: id,
        keyType: 'EC P-256',
        notBefore: NOW - 365 * DAY,
        notAfter,
        sans: [],
        isCa,
        usages: [],
      },
      place: { kind: 'pem', path, index: 0 },
      owner: isCa ? 'cluster-ca' : 'kubeadm',
      key: { state: 'matches', path: path.replace('.crt', '.key'), mode: 0o600, readableByOthers: false },
      file: { mode: 0o644, uid: 0, gid: 0, modifiedAt: NOW - DAY, changedAt: NOW - DAY },
      component: null,
      ...rest,
      issuance: { ca: 'ca', state: 'signed', caNotAfter: NOW + caDays * DAY, ...issuance },
    },
    decision: {
      id,
      notAfter,
      nearness: nearness ?? (days <= 0 ? 'expired' : days <= 30 ? 'urgent' : days <= 90 ? 'due' : 'valid'),
      opensAt: notAfter - 90 * DAY,
      urgentAt: notAfter - 30 * DAY,
      verdict: verdict ?? { kind: 'keep', until: null },
    },
  };
}

export type NodeChange = {
  leaves?: ReturnType<typeof leaf>[];
  inventory?: Partial<AlertInput['inventory']>;
  preconditions?: Partial<AlertInput['inventory']['preconditions']>;
  renewal?: AlertInput['decisions']['renewal'];
} & Partial<
  Pick<
    AlertInput,
    | 'onDemand'
    | 'renewing'
    | 'lastAttempt'
    | 'copies'
    | 'before'
    | 'configError'
    | 'modeMissing'
    | 'coordination'
    | 'servingRequests'
    | 'failingSinks'
  >
>;

export function node(change: NodeChange = {}): AlertInput {
  const leaves = change.leaves ?? [leaf({ id: 'apiserver', days: 300 }), leaf({ id: 'ca', days: 3000, isCa: true })];
  return {
    inventory: {
      takenAt: NOW,
      node: {
        name: 'node-1',
        distribution: 'kubeadm',
        role: 'control-plane',
        version: 'v1.31.4',
        timeZone: 'UTC',
        paths: {
          certificatesDir: '/etc/kubernetes/pki',
          kubeconfigDir: '/etc/kubernetes',
          manifestsDir: '/etc/kubernetes/manifests',
          dataDir: null,
          adminKubeconfig: '/etc/kubernetes/admin.conf',
        },
        missing: [],
      },
      certificates: leaves.map(({ observed }) => observed),
      findings: [],
      served: [],
      clock: { synchronized: true, detail: 'synchronised', doubt: null },
      ...change.inventory,
      preconditions: {
        unit: { name: 'kubelet', loaded: true, active: true, stopped: false, detail: 'active' },
        tool: { path: '/usr/bin/kubeadm', version: 'v1.31.4' },
        upgradeUnderWay: null,
        disk: [],
        caKeys: [],
        components: [],
        hazards: [],
        restartWindow: null,
        ...change.preconditions,
      },
    },
    decisions: {
      at: NOW,
      certificates: leaves.map(({ decision }) => decision),
      renewal: change.renewal ?? { kind: 'none', nextAt: null },
    },
    onDemand: change.onDemand ?? { kind: 'now', ids: leaves.map(({ observed }) => observed.id), why: '' },
    renewing: change.renewing ?? false,
    lastAttempt: change.lastAttempt ?? null,
    copies: change.copies ?? [],
    before: change.before ?? [],
    configError: change.configError ?? null,
    modeMissing: change.modeMissing ?? false,
    ...(change.coordination === undefined ? {} : { coordination: change.coordination }),
    ...(change.servingRequests === undefined ? {} : { servingRequests: change.servingRequests }),
    failingSinks: change.failingSinks ?? [],
    now: NOW,
  };
}
