import type { HazardCode } from '../decide/hazards.ts';
import type { Distribution, Role } from '../distributions/names.ts';
import type { StartReason } from '../distributions/start-reasons.ts';
import type { ApiServerFacts } from './api-server-facts.ts';
import type { BrokenLeaf } from './broken-leaf.ts';
import type { Certificate, Instant, Owner, Place } from './certificate.ts';
import type { ComponentHealth, ComponentName } from './component-health.ts';
import type { ObservedHooks } from './hook.ts';
import type { PodIdentity } from './pod-identity.ts';
import type { RehearsalFacts } from './rehearsal-facts.ts';
import type { SigningMemory, SigningRequest } from './signing-request.ts';
import type { UserCertificate } from './user-certificate.ts';

export type { Distribution, Role } from '../distributions/names.ts';
export type { ComponentHealth, ComponentName } from './component-health.ts';

/** Paths of the node as the node itself says (kubelet config, manifests' flags, K3s's config.yaml), without root prefix. */
export type NodePaths = {
  /** kubeadm: `/etc/kubernetes/pki`; K3s: `<data-dir>/server/tls` (agent: `<data-dir>/agent`). */
  certificatesDir: string;
  /** kubeadm: `/etc/kubernetes`; K3s: `<data-dir>/server/cred`. */
  kubeconfigDir: string;
  /** kubeadm: `staticPodPath`; null elsewhere. */
  manifestsDir: string | null;
  /** K3s, RKE2 and k0s: the data directory; null where there is none. */
  dataDir: string | null;
  /** The kubeconfig that users' copies are made of: `admin.conf`, `k3s.yaml`, `rke2.yaml`; null on workers and agents, and by hand. */
  adminKubeconfig: string | null;
};

export type NodeFacts = {
  name: string;
  distribution: Distribution | null;
  role: Role | null;
  /** Of kubeadm, k3s, rke2 or k0s, as "v1.31.4" or "v1.33.1+k3s1"; null when it could not be learnt. */
  version: string | null;
  /** IANA name of the node's time zone. */
  timeZone: string;
  paths: NodePaths;
  /** What this kind of node should have and has not, in words a person reads. */
  missing: string[];
};

export type KeyFinding =
  | {
      state: 'matches' | 'differs' | 'unreadable' | 'missing';
      path: string;
      mode: number | null;
      readableByOthers: boolean;
    }
  /** CA certificates without a key beside them, kubeconfig cluster entries, chain members after the leaf. */
  | { state: 'not-expected' };

export type Issuance = {
  /** Id of the CA certificate that should have signed it; null when certagent knows of none. */
  ca: string | null;
  state: 'signed' | 'not-signed' | 'self-signed' | 'ca-missing' | 'unknown';
  caNotAfter: Instant | null;
};

export type ObservedCertificate = {
  /** Stable name: kubeadm's ("apiserver", "admin.conf"), K3s's ("client-admin", "etcd/client", "dynamic-cert", "k3s.yaml"),
   *  "kubelet-client", "ca", else the path; "#1" and so on for further certificates of a chain. Unique in an inventory. */
  id: string;
  certificate: Certificate;
  place: Place;
  owner: Owner;
  key: KeyFinding;
  issuance: Issuance;
  /** `modifiedAt`: its content; `changedAt`: anything of it. A file that was put back has its old `modifiedAt`. */
  file: { mode: number; uid: number; gid: number; modifiedAt: Instant; changedAt: Instant };
  /** The component that must load it, where one does. */
  component: ComponentHealth['name'] | null;
};

export type FindingReason =
  | 'missing'
  | 'permission'
  | 'empty'
  | 'half-written'
  | 'binary'
  | 'no-certificate'
  | 'bad-certificate'
  | 'bad-kubeconfig'
  | 'bad-manifest'
  | 'too-large'
  | 'not-a-file'
  | 'io-error';

/** Something that could not be read as what it should be. */
export type Finding = { path: string; id: string | null; owner: Owner; reason: FindingReason; detail: string };

export type Endpoint = {
  /** K3s answers for the API and for itself on one port; RKE2 has a kube-apiserver, and its supervisor beside it. */
  name: ComponentName | 'etcd-peer' | 'kubelet' | Distribution | `${Distribution}-supervisor`;
  host: string;
  port: number;
  /** Id of the certificate it should serve. */
  expects: string;
};

/** What a server really serves over TLS, against the file. */
export type ServedCertificate = { endpoint: Endpoint } & (
  | { state: 'current' | 'stale'; certificate: Pick<Certificate, 'serial' | 'fingerprint' | 'notAfter' | 'subject'> }
  | { state: 'unreachable'; detail: string }
);

/** A reason why a restart of the node's unit would do harm. */
export type Hazard = {
  code: HazardCode;
  path: string;
  detail: string;
  /** Of a broken leaf that can be removed. Absent: one of its files is a link or no file. */
  leaf?: BrokenLeaf;
};

/** A static pod besides the control plane's, with the paths of the node that it mounts. */
export type Neighbour = {
  pod: string;
  manifest: string;
  mounts: string[];
  identity: PodIdentity;
  /** When the oldest process of its containers began; null: none was found. */
  startedAt: Instant | null;
};

/** A static pod that the node's own unit replaces when it restarts, with the process that it runs now. */
export type UnitPod = { component: ComponentName; processArguments: string[]; pod: PodIdentity };

/**
 * The certificate that a kube-apiserver made at its start for its requests to itself, in its memory only. `start`: it did not
 * show it, so this follows from its start and its version.
 */
export type LoopbackCertificate = { notAfter: Instant; from: 'served' | 'start' };

/** What else renews this node's certificates: a file, a unit or a pod, and what it is, in words for a person. */
export type OtherRenewer = { where: string; what: string };
/** How a kubeadm node's kubelet gets its client certificate. */
export type KubeletClient = {
  /** As its command line says; null: it says nothing. */
  kubeconfig: string | null;
  /** The kubeconfig to bootstrap with, where there is one; null: there is none. */
  bootstrap: string | null;
  /** Where it keeps what it rotates. */
  rotated: string;
  /** Its configuration file, where rotateCertificates is not true; absent: it rotates. */
  rotationOffIn?: string;
};

/**
 * CAs that a K3s or RKE2 server may have stored in its datastore, and that its next start, whoever does it, loads.
 * `trigger`: the file that asks the next start for a new listener's certificate, which `certificate rotate-ca` creates too; null:
 * none, or the CAs are newer. `next`: other CAs than those in use; `isSigned`: by those in use. null: none are known.
 */
export type CaRotation = {
  trigger: { path: string; placedAt: Instant } | null;
  next: { directory: string; isSigned: boolean } | null;
};

/**
 * What a running server uses a certificate for that it reads at its start alone. `egress`: its API server's way to kubelets, webhooks
 * and extension APIs; `registry`: the mirror of images that nodes share.
 */
export type LoadedAtStart = 'egress' | 'registry';

/** What must be known before anything is changed. */
export type Preconditions = {
  /** The unit that runs the node. `stopped`: not active, and not because it failed by itself. */
  unit: {
    name: string;
    loaded: boolean;
    active: boolean;
    stopped: boolean;
    detail: string;
    /** Of a K3s or RKE2 that does not run and was not stopped: its last start, and what that logged. Absent: it runs. */
    start?: { underWay: boolean; reason: StartReason | null };
  } | null;
  /** The program that renews; null where the unit's restart does, or when it is not installed. */
  tool: { path: string; version: string | null } | null;
  /** An upgrade of the node under way: what was seen; null when none. */
  upgradeUnderWay: string | null;
  disk: { path: string; freeBytes: number; neededBytes: number }[];
  /** Only CAs that sign leaves on this node. */
  caKeys: { ca: string; path: string; state: 'present' | 'missing' | 'unreadable' | 'differs' }[];
  components: ComponentHealth[];
  /** /proc does not show certagent the processes of others; absent: it does, or no process matters on this node. */
  processesHidden?: true;
  /** Absent: there are none. */
  neighbours?: Neighbour[];
  /** Absent: its unit replaces none, or certagent sees no process of them. */
  unitPods?: UnitPod[];
  /**
   * Whether a server of this agent answers: without one its unit does not start. `url`: of one that answers, or where none does, of the
   * one that it joined. Absent: no agent, or no server is known.
   */
  servers?: { answers: boolean; detail: string; url: string };
  /** Absent: no kube-apiserver of a static pod runs here, or nothing is known of it. */
  loopback?: LoopbackCertificate;
  /** Absent: none was seen. */
  otherRenewers?: OtherRenewer[];
  /** Absent: not a kubeadm node. */
  kubelet?: KubeletClient;
  /** Absent: there is no sign of one. */
  caRotation?: CaRotation;
  /** Directories in which `certificate rotate` has left certificates with their private keys. Absent: there are none. */
  keyCopies?: string[];
  /** Absent: nothing of this node is rehearsed. */
  rehearsal?: RehearsalFacts;
  /** What a server serves besides, which nobody asks at each check. Absent: nothing is known. */
  alsoServes?: Endpoint[];
  /** Absent: not known. */
  loadedAtStart?: LoadedAtStart[];
  /** Absent: no API server of this node, or nothing is known of its names. */
  apiServer?: ApiServerFacts;
  hazards: Hazard[];
  /** Milliseconds before expiry from which a restart renews, by version; null where a tool renews at any time. */
  restartWindow: number | null;
};

export type ClockTrust = {
  /** As the node says; null: nobody can tell. */
  synchronized: boolean | null;
  detail: string;
  /** Why the clock is doubtful (clock-doubt.ts), or null. While it is, nothing is renewed and no expiry is reported. */
  doubt: string | null;
};

/** Everything on the node that bears on a decision, at one moment. Immutable by convention. */
export type Inventory = {
  takenAt: Instant;
  node: NodeFacts;
  certificates: ObservedCertificate[];
  findings: Finding[];
  served: ServedCertificate[];
  preconditions: Preconditions;
  clock: ClockTrust;
  /** Absent: there are none. */
  hooks?: ObservedHooks;
  /** Requests to a CA elsewhere whose answer is not on the node yet. Absent: there are none. */
  requests?: SigningRequest[];
  /** Of the command that has such requests signed by itself. Absent: a person does. */
  signing?: SigningMemory;
  /** Users' certificates that are requested from the cluster, by the path of their kubeconfig. Absent: none is configured. */
  users?: (UserCertificate & { path: string })[];
};
