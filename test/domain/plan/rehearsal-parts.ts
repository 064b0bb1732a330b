// What the tests of rehearsals share: facts of a node that can rehearse, and results.
import type { Inventory } from '../../../src/domain/model/inventory.ts';
import type { RehearsalResult, RehearsedCertificate, RehearsedFacts } from '../../../src/domain/model/rehearsal.ts';
import type { RehearsalFacts } from '../../../src/domain/model/rehearsal-facts.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NOW, withPreconditions } from '../../support/inventory.ts';

export const MIB = 1024 ** 2;

export const FACTS: RehearsalFacts = {
  unsupported: null,
  datastore: 'sqlite',
  copyBytes: 7 * MIB,
  freeBytes: 1_000 * MIB,
  availableMemory: 2_000 * MIB,
};

export const withFacts = (inventory: Inventory, change: Partial<RehearsalFacts> = {}): Inventory =>
  withPreconditions(inventory, { rehearsal: { ...FACTS, ...change } });

export const k3sServer = (days = 20, change: Partial<RehearsalFacts> = {}): Inventory =>
  withFacts(inventoryOf('k3s-server', { days }), change);
export const controlPlane = (days = 20, change: Partial<RehearsalFacts> = {}): Inventory =>
  withFacts(inventoryOf('kubeadm', { days }), { datastore: null, ...change });

export const facts = (change: Partial<RehearsedFacts> = {}): RehearsedFacts => ({
  subject: 'CN=kube-apiserver',
  keyType: 'EC P-256',
  sans: [],
  usages: ['serverAuth'],
  notBefore: NOW,
  notAfter: NOW + 365 * DAY,
  chain: 1,
  ...change,
});

export const renewedCertificate = (change: Partial<RehearsedCertificate> = {}): RehearsedCertificate => ({
  id: 'apiserver',
  path: '/a.crt',
  before: facts(),
  after: facts(),
  problem: null,
  ...change,
});

const measures = { duration: 12_000, copied: 7 * MIB, peakMemory: 361 * MIB };

export type ServerResult = Extract<RehearsalResult, { kind: 'start' }>;
export type KubeadmResult = Extract<RehearsalResult, { kind: 'command' }>;

export const ready = (change: Partial<ServerResult> = {}): ServerResult => ({
  kind: 'start',
  readyAfter: 4_600,
  ending: null,
  limitReached: null,
  reason: null,
  certificates: [renewedCertificate()],
  authorities: [{ path: '/ca.crt', state: 'unchanged' }],
  kubeconfig: null,
  listener: null,
  measures,
  ...change,
});

export const called = (change: Partial<KubeadmResult> = {}): KubeadmResult => ({
  kind: 'command',
  calls: [{ id: 'apiserver', exitCode: 0, timedOut: false, said: null, usedDefaults: false }],
  certificates: [renewedCertificate()],
  authorities: [],
  measures,
  ...change,
});
