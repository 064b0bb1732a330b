import type { Severity } from '../alerts/severity.ts';
import type { Instant } from '../model/certificate.ts';
import type { Nearness } from '../model/decision.ts';
import type { Judged } from './troubles.ts';

export const FLEET_SCHEMA = 'certagent.fleet/v1';

/** Worst first. unknown: nothing is known of the node now. */
export const LEVELS = ['critical', 'unknown', 'warning', 'ok'] as const;
export type Level = (typeof LEVELS)[number];

/** What is read of the status of another node. It may be of another version of certagent, and it may lie. */
export type FleetStatus = Omit<Judged, 'alerts'> & {
  version: string;
  mode: string;
  node: { name: string; distribution: string | null; role: string | null; version: string | null };
  labels?: Record<string, string>;
  renewal: {
    kind: string;
    nextAt?: Instant | null;
    until?: Instant | null;
    why?: string;
    blockers?: { why: string }[];
  };
  running: { step: number; steps: number } | null;
  lastAttempt: {
    startedAt: Instant;
    endedAt: Instant | null;
    result: string;
    trigger: string;
    error: { code: string; message: string } | null;
    granted: { id: string }[];
  } | null;
  alerts: {
    alert: { code: string; severity: Severity; subject: string; text: string; remedy: string };
    since: Instant | null;
  }[];
};

/** What one node answered. `host`: as it was asked, or the file that it is from; empty: nobody knows. */
export type FleetAnswer =
  /** `askedAt`: when the answer came; null: it was gathered earlier, by somebody else. */
  { host: string; askedAt: Instant | null; status: FleetStatus } | { host: string; silent: string };

export type FleetCertificate = { id: string; owner: string; notAfter: Instant; nearness: Nearness };

export type FleetRenewal = {
  startedAt: Instant;
  endedAt: Instant | null;
  result: string;
  trigger: string;
  certificates: number;
  error: string | null;
};

export type FleetAlert = {
  code: string;
  severity: Severity;
  subject: string;
  text: string;
  remedy: string;
  since: Instant | null;
};

/** One row of `certagent fleet`. Every text in it is one printable line of bounded length. */
export type FleetNode = {
  host: string;
  /** The node's name; of a silent one, its host. */
  name: string;
  site: string | null;
  labels: Record<string, string>;
  level: Level;
  /** What is wrong, worst first. */
  troubles: string[];
  /** Why there is no status, or why it says nothing of the node as it is now; null for a node that answered. */
  silent: string | null;
  /** When it was asked; null: it never answered. */
  at: Instant | null;
  version: string | null;
  mode: string | null;
  distribution: string | null;
  role: string | null;
  kubernetes: string | null;
  /** First to expire, first; copies and, of CAs and others, the repetitions are left out. */
  certificates: FleetCertificate[];
  /** How many there are, where the list has only the first of them. */
  certificateCount: number;
  alerts: FleetAlert[];
  /** What happens next, in words: "renews", "blocked: …"; `at` null: nobody knows when. */
  next: { text: string; at: Instant | null } | null;
  lastRenewal: FleetRenewal | null;
};

/** What `certagent fleet -o json` prints. */
export type FleetReport = {
  schema: typeof FLEET_SCHEMA;
  at: Instant;
  /** The worst of all nodes. */
  level: Level;
  counts: Record<Level, number>;
  /** Worst first. */
  nodes: FleetNode[];
};
