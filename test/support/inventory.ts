import type { Certificate } from '../../src/domain/model/certificate.ts';
import type { History, Policy } from '../../src/domain/model/decision.ts';
import type { Inventory, ObservedCertificate, Preconditions } from '../../src/domain/model/inventory.ts';
import { BACKUPS_DIR, type PlanSettings } from '../../src/domain/plan/planner.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { hardWayNode } from './hard-way-node.ts';
import { k0sNode } from './k0s-node.ts';
import { k3sNode } from './k3s-node.ts';
import { kubeadmNode } from './kubeadm-node.ts';
import { NOW, type NodeKind, observed } from './parts.ts';

export { NOW, type NodeKind } from './parts.ts';

export const NODE_KINDS: NodeKind[] = [
  'kubeadm',
  'kubeadm-external-etcd',
  'kubeadm-external-ca',
  'kubeadm-worker',
  'k3s-server',
  'k3s-agent',
  'rke2-server',
  'rke2-agent',
  'k0s-controller',
  'hard-way',
];

/** Kinds on which certagent renews something. */
export const RENEWED_KINDS = NODE_KINDS.filter((kind) => kind !== 'kubeadm-worker' && kind !== 'hard-way');

export type InventoryOptions = {
  now?: number;
  /** Days from `now` until every leaf and every CA expires. */
  days?: number;
  caDays?: number;
};

/** A sound node of that kind, as plain data: everything is there, healthy and far from expiry unless `days` says otherwise. */
export function inventoryOf(
  kind: NodeKind,
  { now = NOW, days = 200, caDays = 3_000 }: InventoryOptions = {},
): Inventory {
  const ends = { now, leafEnd: now + days * DAY, caEnd: now + caDays * DAY };
  if (kind === 'k0s-controller') return k0sNode(ends);
  if (kind === 'hard-way') return hardWayNode(ends);
  return kind.startsWith('kubeadm') ? kubeadmNode(kind, ends) : k3sNode(kind, ends);
}

/** The same inventory with some fields of one certificate changed. */
export function withCertificate(
  inventory: Inventory,
  id: string,
  change: Partial<Omit<ObservedCertificate, 'certificate'>> & { certificate?: Partial<Certificate> },
): Inventory {
  if (!inventory.certificates.some((one) => one.id === id)) throw new Error(`no certificate ${id}`);
  const certificates = inventory.certificates.map((one) =>
    one.id === id ? { ...one, ...change, certificate: { ...one.certificate, ...change.certificate } } : one,
  );
  return { ...inventory, certificates };
}

/** The same inventory with one certificate, of nobody's tool unless `change` says so, added. */
export function addCertificate(
  inventory: Inventory,
  id: string,
  days: number,
  change: Partial<ObservedCertificate> = {},
) {
  const notAfter = inventory.takenAt + days * DAY;
  const added = observed({ id, owner: 'operator', path: `/etc/ssl/${id}.crt`, notAfter, ca: null });
  return { ...inventory, certificates: [...inventory.certificates, { ...added, ...change }] };
}

export function withPreconditions(inventory: Inventory, change: Partial<Preconditions>): Inventory {
  return { ...inventory, preconditions: { ...inventory.preconditions, ...change } };
}

/** A CA file of kubeadm that holds the next CA first; `ids` are still signed by the previous one. */
export function rotating(inventory: Inventory, ca: string, ids: string[]): Inventory {
  const next = inventory.certificates.find(({ id }) => id === ca)!;
  const former = { ...next, id: `${ca}#1`, place: { ...next.place, index: 1 } };
  const both = { ...inventory, certificates: [...inventory.certificates, former] };
  return ids.reduce((node, id) => {
    const { issuance } = node.certificates.find((one) => one.id === id)!;
    return withCertificate(node, id, { issuance: { ...issuance, ca: former.id } });
  }, both);
}

export const NO_HISTORY: History = { attempts: [] };

export function policyOf(change: Partial<Policy> = {}): Policy {
  return {
    mode: 'renew',
    opens: 90 * DAY,
    urgent: 30 * DAY,
    maintenance: { days: [0, 1, 2, 3, 4, 5, 6], start: 120, end: 300, timeZone: 'UTC' },
    triesPerDay: 3,
    nodeDelay: 0.25,
    kubelet: false,
    heal: false,
    rehearse: 'auto',
    ...change,
  };
}

export const SETTINGS: PlanSettings = {
  kubeadmConfig: null,
  sans: false,
  cycle: 'signal',
  neighbours: 'report',
  rehearse: 'auto',
  backups: BACKUPS_DIR,
  limits: {
    kubeadm: 120_000,
    component: 360_000,
    etcdPatience: 10_000,
    restart: 300_000,
    settle: 6_000,
    listener: 180_000,
    served: 90_000,
    clients: 360_000,
  },
};
