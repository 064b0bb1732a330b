import type { Instant } from './certificate.ts';
import type { ObservedCertificate } from './inventory.ts';
import type { CycleStep, RenewalPlan } from './plan.ts';
import type { UserCertificate } from './user-certificate.ts';

/** What undoes a step; written to the journal before the step acts. */
export type Undo =
  | { kind: 'nothing' }
  /** Put these files back from the backup's directory. */
  | { kind: 'restore'; backup: string; files: string[] }
  /** Make the component load what is on disk now. */
  | { kind: 'cycle'; step: CycleStep }
  /** The manifest was moved out: it must be back at `manifest` with this content's checksum (SHA-256). */
  | { kind: 'return-manifest'; from: string; manifest: string; sha256: string }
  /** Put back what the unit writes at its start, and restart it, when that is better than what is there. */
  | { kind: 'restart-unit'; unit: string; backup: string }
  /** Start the unit that the plan has stopped, unless a later step restarts it. */
  | { kind: 'start-unit'; unit: string; limit: number }
  /** Verify that everything serves what is on disk again: it loads that by itself. */
  | { kind: 'await-served' }
  /** Make the kubelet load the kubelet.conf that is on disk now, if it can. */
  | { kind: 'restart-kubelet'; unit: string; limit: number };

/**
 * SHA-256 by path of the files that a step writes, as they were right after it; null for a file that could not be read. An
 * undo leaves alone what is different by then: somebody else has changed it. Journals of earlier versions have none.
 */
export type Left = Record<string, string | null>;

type ErrorText = { code: string; message: string };

/** One record of the journal. `step` counts from 0 within the plan. */
export type JournalRecord =
  | { at: Instant; type: 'plan-started'; plan: RenewalPlan; trigger: 'schedule' | 'manual' }
  | { at: Instant; type: 'step-started'; planId: string; step: number; undo: Undo }
  | { at: Instant; type: 'step-done'; planId: string; step: number; detail: string; left?: Left }
  /** `goesOn`: the step's failure is reported, and the plan went on. */
  | { at: Instant; type: 'step-failed'; planId: string; step: number; error: ErrorText; goesOn?: true; left?: Left }
  | { at: Instant; type: 'undo-started'; planId: string; step: number; undo: Undo }
  | { at: Instant; type: 'undo-done'; planId: string; step: number; error: ErrorText | null }
  | {
      at: Instant;
      type: 'plan-ended';
      planId: string;
      result: 'succeeded' | 'failed' | 'rolled-back';
      error: ErrorText | null;
      granted: { id: string; notAfter: Instant }[];
      reported?: ErrorText[];
    }
  /** The end is in the sinks' spools. */
  | { at: Instant; type: 'plan-told'; planId: string }
  | UnknownRecord;

/** A record of another version of certagent. It stays in the journal; a plan that it belongs to is left as it is. */
export type UnknownRecord = {
  at: Instant;
  type: 'unknown';
  /** null where it names no plan. */
  planId: string | null;
  /** Its type, as written. */
  recordType: string;
  /** What this version does not know: a type, a kind, a distribution. */
  word: string;
};

/** What a person watching sees of a running plan. */
export type Progress = {
  planId: string;
  step: number;
  steps: number;
  title: string;
  state: 'started' | 'waiting' | 'done' | 'failed' | 'undoing' | 'undone';
  detail: string;
};

/** How a plan ended. `keptNew`: it failed, but the old certificates are useless (expired, or any restart renews them again), so the new ones stay. */
export type PlanOutcome = {
  planId: string;
  /** The earlier plan whose backup was restored, so that `granted` are certificates of that; absent: it was a renewal. */
  restores?: string;
  result: 'succeeded' | 'failed' | 'rolled-back';
  keptNew: boolean;
  error: { code: string; message: string; remedy: string | null } | null;
  granted: { id: string; notAfter: Instant }[];
  /** What did not fail the plan, and a person should know: failures of steps, defaults; left out when there is nothing. */
  reported?: ErrorText[];
};

/** How a service uses the copy that it was given. */
export type ServiceUse = {
  /** Why its unit could not be reloaded after a change; null: it was, or need not be. */
  reload: string | null;
  /** null: the configuration names no address. */
  served:
    | ({ address: string } & (
        | { state: 'current' | 'stale'; notAfter: Instant }
        | { state: 'unreachable'; detail: string }
      ))
    | null;
};

/** What sync did with one copy: a user's kubeconfig, or a service's certificate. */
export type CopyOutcome = {
  path: string;
  user: string;
  /** `pending`: nothing can be written now (certagent observes, or a request waits), else it would be updated or created. */
  result: 'current' | 'updated' | 'created' | 'pending' | 'left' | 'refused' | 'failed';
  /** Why it was left, refused or failed; what was updated. Never any credential. */
  detail: string;
  /** Those in it that concern this cluster, as they are now. The process that runs as the user read them. */
  certificates: ObservedCertificate[];
  /** Of a copy for a service. */
  service?: ServiceUse;
  /** Of a user's own certificate, which is renewed by a request to the cluster. */
  own?: UserCertificate;
};
