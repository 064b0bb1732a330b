import type { StartReason } from '../distributions/start-reasons.ts';
import type { Instant } from './certificate.ts';
import type { Expectation } from './expectation.ts';
import type { HealthCheck } from './health-check.ts';
import type { Datastore } from './rehearsal-facts.ts';

/** A CA's files on the node, as they were when the plan was made. */
export type RehearsedAuthority = {
  path: string;
  keyPath: string;
  /** SHA-256 of the DER of the first certificate in `path`; null: the file does not exist or cannot be read. */
  fingerprint: string | null;
  /** Its certificate or its key was missing: the renewal depends on it that the same CA is restored. */
  mustBeRestored: boolean;
};

type Limits = {
  /** Milliseconds for the start, or for each call. */
  limit: number;
  /** Bytes of memory that the sandbox's control group may use. */
  memory: number;
  /** What must be renewed in the copy, with the paths of the node. */
  certificates: Expectation[];
};

/** A restart of K3s's server, on copies of its data and its configuration. */
export type ServerRehearsal = Limits & {
  kind: 'start';
  /** Its command line and environment are read from this unit when the rehearsal runs: they can hold secrets. */
  unit: string;
  program: string;
  /** The node's data directory, of which `server/` is copied, and the directory of its configuration. */
  dataDir: string;
  configDir: string;
  /** The administrator's kubeconfig that the start writes. */
  kubeconfig: string;
  datastore: Datastore;
  /** What must answer in the sandbox; `kubeconfig` has the credentials for it. */
  health: HealthCheck;
  /** Milliseconds for which it must stay ready. */
  settle: number;
  /** What serves `dynamic-cert.json`; null: it is not among the certificates, and only what it serves must be valid. */
  listener: { host: string; port: number; path: string; expect: Expectation | null };
  /** A file that is created in the copy before the start: it makes the start issue the listener's certificate again. */
  trigger: string | null;
  /** Files that are removed from the copy before the start: broken leaves with their keys. */
  remove: string[];
  authorities: RehearsedAuthority[];
};

/** `kubeadm certs renew`, on copies of `directories` (/etc/kubernetes and the certificates' directory), with the node's network. */
export type KubeadmRehearsal = Limits & {
  kind: 'command';
  /** One call for each certificate, in this order. `argv` is what follows the program's name. */
  calls: { id: string; argv: string[] }[];
  directories: string[];
  authorities: RehearsedAuthority[];
};

export type Rehearsal = ServerRehearsal | KubeadmRehearsal;

/** Of a certificate in the copy: what is seen of it in public. */
export type RehearsedFacts = {
  subject: string;
  keyType: string;
  sans: string[];
  usages: string[];
  notBefore: Instant;
  notAfter: Instant;
  /** Number of certificates in its file: the leaf, and what follows it. */
  chain: number;
};

export type RehearsedCertificate = {
  id: string;
  path: string;
  /** null: it was not there, or could not be read. */
  before: RehearsedFacts | null;
  after: RehearsedFacts | null;
  /** Why it is not a good successor, with the codes of `checkRenewed`; null: it is. */
  problem: { code: string; message: string } | null;
};

/** Of a CA. `restored`: it was missing, and the same is there again; `replaced`: another one is there now. */
export type AuthorityOutcome = { path: string; state: 'unchanged' | 'restored' | 'replaced' | 'missing' };

export type RehearsalMeasures = {
  /** Milliseconds of the whole, copying and removing included. */
  duration: number;
  /** Bytes that were copied. */
  copied: number;
  /** Bytes of memory at most; null: the kernel did not say. */
  peakMemory: number | null;
};

/**
 * What a rehearsal shows. `impossible`: nothing was tried, or it was broken off for a reason that lies in the rehearsal and not in the
 * node (no sandbox, no room, stopped); `why` ends the sentence "cannot rehearse: …".
 */
export type RehearsalResult =
  | { kind: 'impossible'; why: string }
  | {
      kind: 'start';
      /** Milliseconds after which it was ready and stayed so; null: it did not. */
      readyAfter: number | null;
      /** How it ended before it was ready: the program's exit or the time limit, in words; null: it was ready. */
      ending: string | null;
      /** Whether the time limit or the memory limit of the sandbox ended it. */
      limitReached: 'time' | 'memory' | null;
      /** The last known reason in its log. */
      reason: StartReason | null;
      certificates: RehearsedCertificate[];
      authorities: AuthorityOutcome[];
      /** What the start wrote as the administrator's kubeconfig: null: the API in the sandbox accepted it; else why it would not work. */
      kubeconfig: string | null;
      /** What the listener served in the sandbox: null: a valid certificate; else what was wrong. */
      listener: string | null;
      measures: RehearsalMeasures;
    }
  | {
      kind: 'command';
      /** Of the calls, in their order, up to the first that failed. `said`: one printable line of what it said, or null. */
      calls: { id: string; exitCode: number | null; timedOut: boolean; said: string | null; usedDefaults: boolean }[];
      certificates: RehearsedCertificate[];
      authorities: AuthorityOutcome[];
      measures: RehearsalMeasures;
    };
