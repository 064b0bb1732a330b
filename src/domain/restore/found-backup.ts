import type { Instant } from '../model/certificate.ts';

/** A file of a backup by its SHA-256, and what is in its place now; null: nothing that can be read. */
export type FoundFile = { path: string; sha256: string; now: string | null };

/** What a backup holds of one certificate. */
export type FoundLeaf = {
  /** Of the certificate, or of the kubeconfig that holds it. */
  path: string;
  notAfter: Instant;
  /** With that of its key. */
  files: FoundFile[];
  /** Why the node could not use it, in words that follow "in the backup"; null: it could. */
  flaw: string | null;
};

export type FoundBackup = {
  /** Of the plan that made it; the name of its directory. */
  planId: string;
  /** Path of the node. */
  directory: string;
  /** null: its manifest cannot be read, and so nothing of it. */
  createdAt: Instant | null;
  leaves: FoundLeaf[];
};
