import type { BlockerCheck } from '../decide/blocker-check.ts';
import type { CertificateCheck } from '../decide/certificate-check.ts';
import type { KubeletRepair } from '../decide/kubelet-repair.ts';
import type { Instant } from '../model/certificate.ts';
import type { Blocker, Policy } from '../model/decision.ts';
import type { Remark, Renewed } from '../model/expectation.ts';
import type {
  ComponentHealth,
  Endpoint,
  Inventory,
  KeyFinding,
  NodeFacts,
  NodePaths,
  ObservedCertificate,
  Preconditions,
} from '../model/inventory.ts';
import type { Step } from '../model/plan.ts';
import type { Draft } from '../plan/draft.ts';
import type { StepOf } from '../plan/steps/step-rules.ts';
import type { InCluster } from './in-cluster.ts';
import type { InPlace } from './in-place.ts';
import type { Role } from './names.ts';
import type { Rehearsing } from './rehearsing.ts';

/** What a node does in its cluster, as far as a renewal depends on it. */
export type RoleRules = {
  /** The systemd unit that runs the node. */
  unit: string;
  /** The program that renews its certificates; null: the restart of the unit does, or nothing on this node. */
  tool: string | null;
  /** Its servers sign what it fetches: they are renewed first. */
  followsServers: boolean;
  /** It runs a part of the control plane: it renews only while none of the others does. */
  takesTurns: boolean;
};

export type Restoring = { steps(draft: Draft, restoring: StepOf<'restore-files'>): Step[] };

/** All that distinguishes one distribution from the others, for the rules. How it is observed is in observe/<name>/. */
export type DistributionRules = {
  roles: Partial<Record<Role, RoleRules>>;
  cluster: InCluster;
  /** Ids of the certificates whose common name holds the node's name. */
  kubeletCertificates: readonly string[];
  /** Files of the CAs that sign the users of its kubeconfigs. */
  clientAuthorities(paths: NodePaths): string[];
  /** Ids of the certificates to show to servers that ask their clients for one. */
  clientCertificates: Partial<Record<Endpoint['name'], string>>;
  /** Components whose expired certificates explain why this component or unit is not healthy. */
  reliesOn(component: string): readonly ComponentHealth['name'][];
  /** Ids of certificates that their component, in the version that runs, reads at its start only, and that no server shows. */
  readAtStart(preconditions: Pick<Preconditions, 'components'>): readonly string[];

  /** Milliseconds before expiry from which a restart of this version renews; null: the tool renews at any time. */
  restartWindow(version: string | null): number | null;
  /** Milliseconds before expiry from which the tool of the observed node renews. */
  renewsWithin(preconditions: Pick<Preconditions, 'restartWindow'>): number;
  /** Whether every start of the unit replaces it, however long it is valid. */
  renewedAtEveryStart(observed: Pick<ObservedCertificate, 'place' | 'owner'>, version: string | null): boolean;
  /** Its tool renews one certificate without the others; left out: a restart renews all that are due. */
  renewsSingly?: true;
  /** What a restart of the unit renews, and when; absent: a restart renews nothing. */
  restartRenews?(node: Pick<NodeFacts, 'version' | 'role'>): string;
  /** States of a private key that the tool does not repair. */
  brokenKeys: readonly KeyFinding['state'][];
  /** Checks on its own certificates: they come after those on the CA and the key, and before the moment is chosen. */
  checks: readonly CertificateCheck[];
  /** What forbids a renewal, besides what forbids it on every node. */
  blockers: readonly BlockerCheck[];
  /** For a kubelet whose client certificate has expired; absent: the start of the unit issues a new one. */
  kubelet?: {
    /** Its kubeconfig. */
    conf(node: Pick<Inventory['node'], 'paths'>): string;
    /** What certagent does about it; null: nothing. */
    repair(inventory: Inventory, policy: Pick<Policy, 'kubelet'>, now: Instant): KubeletRepair | null;
    /** What a person can do; null: certagent does not know. */
    remedy(inventory: Inventory, policy: Pick<Policy, 'kubelet'>, now: Instant): string | null;
    /** What a person can do where `path`, the link to its rotated certificate, is missing. */
    relink(path: string, node: string): string;
  };
  /** What a person does about a certificate that the operator renews; null and left out: certagent does not know. */
  operatorRemedy?(observed: ObservedCertificate, inventory: Pick<Inventory, 'node' | 'preconditions'>): string | null;
  /** Whether it can be issued again on demand, although a restart would not renew it; left out: none can, or all can. */
  rotates?(observed: ObservedCertificate, node: Inventory['node']): boolean;
  /** Ids of leaves that a start of this version issues again where they are missing; left out: none is known. */
  leavesMadeAtStart?(version: string | null): readonly string[];
  /** Whether a start of this version takes missing CA files from its datastore; left out: it makes new CAs. */
  restoresAuthorities?(version: string | null): boolean;
  /** Why a renewal of certificates that are not due is refused; null: it is possible. */
  refuseForce(firstExpiry: Instant): Blocker | null;
  /** How its renewal is tried on copies first; left out: it never is. */
  rehearsing?: Rehearsing;
  /** How a running node gets its certificates without a restart; left out: it cannot. */
  inPlace?: InPlace;
  /** What a person should know before the plan runs; nothing when left out. */
  warnings?(draft: Draft): string[];
  /** What a person should know of the certificates that a plan has renewed; nothing when left out. */
  remarks?(renewed: Renewed[]): Remark[];
  /** The steps that renew `draft.renewed` and make everything load the new certificates. */
  steps(draft: Draft): Step[];
  /** The steps that put `draft.renewed` in place as a CA elsewhere has signed them; left out: it has no such certificates. */
  install?: {
    steps(draft: Draft, installing: StepOf<'install-files'>): Step[];
    /** Extended key usages that the tool gives to this certificate; null: it makes none of this name. */
    usages(id: string): readonly string[] | null;
  };
  /** The steps that restore `draft.renewed` from a backup and make everything load it; or why that would not last. */
  restore: Restoring | { refusal: Omit<Blocker, 'code'> };
};
