import type { Instant } from './certificate.ts';
import type { Blocker } from './decision.ts';
import type { NodeFacts } from './inventory.ts';
import type { Progress } from './journal.ts';
import type { RenewalPlan } from './plan.ts';
import type { RefusedAnswer, SigningRequest } from './signing-request.ts';

export const CSR_SCHEMA = 'certagent.csr/v1';
export const INSTALL_SCHEMA = 'certagent.install/v1';

/** What `certagent csr` asks for: requests for these certificates, or for what is due; new ones in place of those that wait; or to drop them. */
export type CsrRequest = { names: string[]; fresh: boolean; drop: boolean };

/** What `certagent csr -o json` prints: every request that waits now. */
export type CsrReport = {
  schema: typeof CSR_SCHEMA;
  at: Instant;
  node: NodeFacts;
  requests: (SigningRequest & {
    /** Of the request on the node. */
    path: string;
    /** PEM of the request. */
    csr: string;
    /** Made by this call, and not waiting from before. */
    isNew: boolean;
    /** When the present certificate expires; null: there is none any more. */
    expires: Instant | null;
    /** Why its answer would not be what the node needs, in words that follow "a request that"; null: it would. */
    outdated: string | null;
    /** The CA on this node that has to have signed the answer; null: it is not on the node. */
    ca: { path: string; subject: string } | null;
  })[];
  /** Requests that were removed, with their keys. */
  dropped: string[];
};

/** A file that `certagent install` was given. */
export type InstallFile = { name: string; text: string } | { name: string; refused: string };
export type InstallRequest = { files: InstallFile[] };

/** What `certagent install -o json` prints when it changes nothing: what would run, or why nothing would. */
export type InstallReport = {
  schema: typeof INSTALL_SCHEMA;
  at: Instant;
  node: NodeFacts;
  /** A plan that is under way: until it has ended, nothing else would run. */
  running: Progress | null;
  plan: RenewalPlan | null;
  blockers: Blocker[];
  accepted: { id: string; file: string; notAfter: Instant }[];
  /** What is wrong, one by one: while there is something, nothing is installed. */
  refused: RefusedAnswer[];
  /** Ids of the requests that have no answer among the files. */
  waiting: string[];
};
