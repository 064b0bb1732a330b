import type { ReasonCode } from '../decide/reasons.ts';
import type { BrokenLeaf } from './broken-leaf.ts';
import type { Instant } from './certificate.ts';
import type { Pause } from './orders.ts';

export type Verdict =
  /** Nothing to do before `until` (its renewal window opens; null: nothing to do at all). */
  | { kind: 'keep'; until: Instant | null }
  | { kind: 'renew'; code: ReasonCode; why: string }
  /** Due, but not now: the maintenance window, a back-off. null: nobody knows when. */
  | { kind: 'defer'; until: Instant | null; code: ReasonCode; why: string }
  /** certagent cannot renew it, or not safely: report it. `remedy` says what to do. */
  | { kind: 'escalate'; code: ReasonCode; why: string; remedy: string };

/** How near the end is, judged by the windows alone. */
export type Nearness = 'valid' | 'due' | 'urgent' | 'expired' | 'not-yet-valid';

export type Decision = {
  /** Id of the certificate. */
  id: string;
  notAfter: Instant;
  nearness: Nearness;
  /** Start of the renewal window and of its urgent part for this certificate, after scaling for short-lived ones. */
  opensAt: Instant;
  urgentAt: Instant;
  verdict: Verdict;
};

/** Something that forbids a renewal of this node now. */
export type Blocker = { code: ReasonCode; why: string; remedy: string };

/** The node's renewal, one for all certificates of the same tool. */
export type Renewal =
  | { kind: 'none'; nextAt: Instant | null }
  /**
   * `outsideMaintenance`: it is urgent, and the maintenance window is closed. `heals`: broken leaves that it removes. `rotates`: a
   * person asks for more than what the restart of the unit would renew. `named`: a person asks for these certificates alone.
   */
  | {
      kind: 'now';
      ids: string[];
      why: string;
      outsideMaintenance?: true;
      heals?: BrokenLeaf[];
      rotates?: true;
      named?: true;
    }
  /** Nothing prevents it, but its time has not come. `code`: what it waits for; `until` null: somebody else's turn has no time. */
  | { kind: 'waiting'; until: Instant | null; code: ReasonCode; ids: string[]; why: string }
  /** Mode "observe": what would be renewed and when. `blockers`: what would prevent it, so that no time can be named. */
  | { kind: 'observing'; until: Instant | null; ids: string[]; why: string; blockers: Blocker[] }
  | { kind: 'blocked'; ids: string[]; blockers: Blocker[] };

export type Decisions = { at: Instant; certificates: Decision[]; renewal: Renewal };

/** What earlier renewals taught, read from the journal. */
export type History = {
  /** Oldest first. */
  attempts: Attempt[];
};

export type Attempt = {
  planId: string;
  startedAt: Instant;
  endedAt: Instant | null;
  result: 'succeeded' | 'failed' | 'rolled-back' | 'unfinished';
  trigger: 'schedule' | 'manual';
  /** The earlier plan whose backup it restored; absent: it renewed. */
  restores?: string;
  /** It replaced certificates while the node ran; absent: it restarted it, or what must load them. */
  inPlace?: true;
  error: { code: string; message: string } | null;
  /** What another version of certagent wrote into this plan and this one does not know; left out when nothing. */
  unknown?: string;
  /** notAfter of each renewed certificate; its granted lifetime is `notAfter - startedAt`, because some leaves carry their CA's notBefore. */
  granted: { id: string; notAfter: Instant }[];
};

/** The rules the operator can change. The configuration has this shape. */
export type Policy = {
  mode: 'renew' | 'observe';
  /** Milliseconds before the end. */
  opens: number;
  urgent: number;
  maintenance: MaintenanceWindow;
  /** Automatic tries within 24 hours. */
  triesPerDay: number;
  /** Stable number in [0, 1) of this node: spreads many nodes over the maintenance window. */
  nodeDelay: number;
  /** Whether a new kubelet.conf is made for a kubelet whose client certificate has expired. */
  kubelet: boolean;
  /** No renewal starts while it lasts. */
  pause?: Pause | null;
  /** Whether broken leaves of a K3s or RKE2 server are removed, so that its restart issues them again. */
  heal: boolean;
  /** Whether a renewal is tried on copies before. */
  rehearse: Rehearse;
};

/** auto: where it can be; always: no renewal without it; never. */
export type Rehearse = 'auto' | 'always' | 'never';

export type MaintenanceWindow = {
  /** 0 Sunday … 6 Saturday; the day on which the window starts. */
  days: number[];
  /** Minutes after midnight, local; `end` may be smaller than `start` (over midnight); equal means the whole day. */
  start: number;
  end: number;
  /** IANA name. */
  timeZone: string;
};
