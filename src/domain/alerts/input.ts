import type { Degraded } from '../cluster/degraded.ts';
import type { ServingRequest } from '../cluster/serving-requests.ts';
import type { Instant } from '../model/certificate.ts';
import type { Attempt, Decision, Decisions, Renewal } from '../model/decision.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { CopyOutcome, PlanOutcome } from '../model/journal.ts';
import type { Severity } from './severity.ts';

/** The state of a node, as far as alerts are made of it. */
export type NodeState = {
  inventory: Inventory;
  decisions: Decisions;
  /** What `certagent renew --force` would do now: no alert may advise what this refuses. */
  onDemand: Renewal;
  lastAttempt: Attempt | null;
  copies: CopyOutcome[];
  /** Why the configuration was refused at the last reload; null when it was accepted. */
  configError: string | null;
  /** The configuration does not set `mode` any more: certagent goes on observing, as before. */
  modeMissing: boolean;
  /** Why the servers of the cluster cannot take turns by the Lease; null or absent: they can, or need not. */
  coordination?: Degraded | null;
  /** What the kubelet has asked for and nobody has approved; absent: it is not known. */
  servingRequests?: ServingRequest[];
  /** Names of sinks that have not accepted alerts for so long that a person should know. */
  failingSinks: string[];
  /** A node was found here before, and it is not found now. */
  lost: boolean;
  now: Instant;
};

/** What one cycle did. */
export type Cycle = {
  outcome: PlanOutcome | null;
  /** The plan was not started by this cycle: it was found unfinished. */
  recovered: boolean;
  copies: CopyOutcome[];
};

/** A row of the alert's table: its name identifies it, its value may change with every cycle. */
export type Member = [name: string, value: string];

/** What a detector found; what it leaves out is as the catalogue says. Without members it is nothing. */
export type Found = {
  /** "node" where it is left out. */
  subject?: string;
  severity?: Severity;
  members: Member[];
  text: string;
  remedy?: string;
  /** Sent when it is raised, when it changes and when it clears, and not again in between: it lasts for months. */
  once?: boolean;
  holdOff?: number;
  /** Names of what it follows from, where these are not its members: an alert that has them all as members explains it. */
  restsOn?: string[];
};

/** A certificate with what was decided about it. */
export type Judged = { observed: ObservedCertificate; decision: Decision };

export function judged({ inventory, decisions }: NodeState): Judged[] {
  const byId = new Map(decisions.certificates.map((decision) => [decision.id, decision]));
  return inventory.certificates.flatMap((observed) => {
    const decision = byId.get(observed.id);
    return decision === undefined ? [] : [{ observed, decision }];
  });
}

/** A CA of the cluster, or one that follows a leaf in its file. One in a file of the operator is the operator's to renew. */
export const isAuthority = ({ owner, certificate }: ObservedCertificate): boolean =>
  owner === 'cluster-ca' || (certificate.isCa && owner !== 'operator');

/** The leaves whose expiry concerns this node. */
export function leavesOf(state: NodeState): Judged[] {
  return judged(state).filter((each) => !isAuthority(each.observed) && !followsItsSource(each, state));
}

/** A user's copy that sync keeps up to date, or whose failure is an alert of its own. */
function followsItsSource({ observed: { owner, place }, decision }: Judged, { copies }: NodeState): boolean {
  if (owner !== 'copy') return false;
  return (
    decision.verdict.kind === 'keep' || copies.some(({ path, result }) => path === place.path && result !== 'left')
  );
}
