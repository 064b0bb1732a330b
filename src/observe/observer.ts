import type { Distribution, Role } from '../domain/distributions/names.ts';
import type { ApiServerFacts } from '../domain/model/api-server-facts.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type {
  ComponentHealth,
  Endpoint,
  Finding,
  Hazard,
  KubeletClient,
  LoadedAtStart,
  LoopbackCertificate,
  Neighbour,
  NodePaths,
  ObservedCertificate,
  OtherRenewer,
  Preconditions,
  UnitPod,
} from '../domain/model/inventory.ts';
import type { RehearsalFacts } from '../domain/model/rehearsal-facts.ts';
import type { Root } from '../host/root.ts';
import type { UnitList } from '../host/unit-files.ts';
import type { Source, SourceRead } from './source.ts';

/** How one distribution is found on a machine: each way in which it may run this node. */
export type Observer = (root: Root, units: UnitList) => Promise<Candidate[]>;

/** A node as it would be if this distribution ran it with this unit. */
export type Candidate = {
  /** How many of its files are there. */
  traces: number;
  /** The directory or file to name when it is left over from an earlier node. */
  remains: string;
  /** Whether its unit has a file, and whether systemd starts it at boot. */
  isInstalled: boolean;
  isEnabled: boolean;
  node: Detected & { distribution: Distribution; role: Role; unit: string };
};

/** What kind of node this is and where it keeps its files, with the questions whose answer depends on the distribution. */
export type Detected = {
  distribution: Distribution | null;
  role: Role | null;
  /** The systemd unit that runs it. */
  unit: string | null;
  paths: NodePaths;
  /** What this kind of node should have and lacks, in words for a person. */
  missing: string[];
  /** What could not be read to find that out. */
  findings?: Finding[];
  neighbours?: () => Promise<Neighbour[]>;
  /** Files that hold its certificates. */
  sources(): Promise<Source[]>;
  /** "v1.31.4", "v1.33.1+k3s1"; null when its program does not say. */
  version(): Promise<string | null>;
  /** Where it serves certificates of its own. */
  endpoints(certificates: ObservedCertificate[]): Endpoint[];
  /** Process and health of everything that loads its certificates. */
  components(unit: Unit, certificates: ObservedCertificate[]): Promise<ComponentHealth[]>;
  /** A certificate that its kube-apiserver holds in memory only; absent: the distribution has none that can be restarted alone. */
  loopback?(components: ComponentHealth[], certificates: ObservedCertificate[]): Promise<LoopbackCertificate | null>;
  /** Static pods that its unit replaces when it restarts; absent: none. */
  unitPods?(): Promise<UnitPod[]>;
  /** What it serves besides its endpoints; absent: nothing. */
  alsoServes?(): Promise<Endpoint[]>;
  /** What it uses a certificate for that it reads at its start alone; null: not known. Absent: it always restarts. */
  loadedAtStart?(): Promise<LoadedAtStart[] | null>;
  /** Whether a server of an agent answers; absent: it has none. */
  servers?(): Promise<Preconditions['servers'] | null>;
  /** How its kubelet gets its client certificate; absent: not as kubeadm's does. */
  kubelet?(): Promise<KubeletClient>;
  /** Signs of rotations by its operator; absent: there can be none. */
  rotations?(): Promise<Pick<Preconditions, 'caRotation' | 'keyCopies'>>;
  /** What its files say by which names its API server is reached; absent: it serves none, or nothing is known. */
  apiServer?(kubeadmConfig: string | null): Promise<ApiServerFacts | null>;
  /** What of it would be copied for a rehearsal; absent: nothing of it is rehearsed. */
  rehearsal?(): Promise<Pick<RehearsalFacts, 'datastore' | 'copyBytes'>>;
  /** Why a restart of its unit would do harm. */
  hazards(reads: SourceRead[], known: KnownOfRestart): Promise<Hazard[]>;
  /** What else renews its certificates; left out where nothing else can be seen. */
  otherRenewers?(): Promise<OtherRenewer[]>;
  /** Keys of the CAs that sign its leaves on this node. */
  caKeys(reads: SourceRead[], certificates: ObservedCertificate[]): Preconditions['caKeys'];
};

export type Unit =
  | (NonNullable<Preconditions['unit']> & { mainPid: number | null; activeSince: Instant | null })
  | null;

export type KnownOfRestart = {
  /** A restart renews leaves that expire before this. */
  renewsUntil: Instant;
  certificates: ObservedCertificate[];
  /** Since when the unit runs; null: it does not, or systemd does not say. */
  activeSince: Instant | null;
};

/** A machine on which no distribution was found. */
export function unknownNode(paths: NodePaths, missing: string[]): Detected {
  return {
    distribution: null,
    role: null,
    unit: null,
    paths,
    missing,
    sources: async () => [],
    version: async () => null,
    endpoints: () => [],
    components: async () => [],
    hazards: async () => [],
    caKeys: () => [],
  };
}
