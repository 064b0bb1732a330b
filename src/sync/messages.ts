import type { Certificate, Instant } from '../domain/model/certificate.ts';
import type { ObservedCertificate } from '../domain/model/inventory.ts';
import type { NewValue } from '../host/kubeconfig-edit.ts';

// What the root process and the helper that runs as the copy's owner send each other: one JSON object a line.

/** Whom the helper becomes before it touches anything. */
export type Identity = { uid: number; gid: number; groups: number[] };

/**
 * First line to the helper. `identity` is null when certagent does not run as root: then the helper keeps its user. `clientCas`:
 * PEM of the CAs that sign the cluster's client certificates.
 */
export type Hello = { prefix: string; identity: Identity | null; clientCas: string[] };

/**
 * Where a copy is. `follow` is a directory whose own path may go through symbolic links (a home of this machine, as the
 * passwd database names it); null starts at the root prefix. Below that each of `steps` must be a real directory.
 */
export type Location = { follow: string | null; steps: string[]; name: string };

/** What a copy holds, as far as the decision needs it. Data is base64 as written in the file, not checked. */
export type CopyContent = {
  clusters: { name: string; ca: string | null }[];
  /** `other`: what else the entry carries (token, exec …), for which it is never touched; null when nothing. */
  users: {
    name: string;
    certificate: string | null;
    key: string | null;
    other: string | null;
    /** `client-certificate` and `client-key`, which name files. */
    certificateFile: string | null;
    keyFile: string | null;
  }[];
  contexts: { cluster: string; user: string }[];
};

/**
 * A user's certificate in a copy that one of the client CAs signed, as the helper saw it, for people to read: no decision
 * to write rests on it.
 */
export type SeenCertificate = {
  user: string;
  certificate: Certificate;
  key: 'matches' | 'differs' | 'missing';
  caNotAfter: Instant;
  /** `embedded`, in a `file` beside the copy, or found in the `text` of a copy that certagent cannot parse. */
  from: 'embedded' | 'file' | 'text';
};

/** A file that a copy names, in base64. */
export type BesideFile = { name: string; version: string; data: string };

/**
 * A kubeconfig that names key and certificate in two files, and names PAIR_SUFFIX's file while these are replaced. `version`: the
 * kubeconfig's, as it was read; `index`: of its user; `certificate` and `key`: how it names them otherwise.
 */
export type Detour = { version: string; index: number; certificate: string; key: string };

export type CopyFile = ObservedCertificate['file'];

export type Request =
  /** `tidy`: what a killed helper left beside the copy is removed first, and so is an old backup. */
  | { do: 'read'; at: Location; tidy: boolean }
  /** `version` is the one that `read` gave: a file changed since then is not written. `dryRun`: the new text is only checked. */
  | { do: 'replace'; at: Location; version: string; values: NewValue[]; dryRun?: true }
  /** Makes the last of `steps` too when it is missing, and the file only when it does not exist. */
  | { do: 'create'; at: Location; content: string }
  /** Files with plain names in the copy's own directory. */
  | { do: 'read-files'; at: Location; names: string[] }
  /** Replaces them in this order, none where one has changed since `read-files`. `data`: base64. `detour` null: they are one file. */
  | { do: 'replace-files'; at: Location; files: BesideFile[]; detour: Detour | null }
  /** Removes what certagent left beside a copy that it does not update. */
  | { do: 'tidy'; at: Location };

export type Answer =
  | { is: 'read'; version: string; content: CopyContent; certificates: SeenCertificate[]; file: CopyFile }
  | { is: 'files'; files: BesideFile[] }
  | { is: 'absent' }
  | { is: 'done'; note: string }
  /** It is a file of the user, but not one that certagent can change (no YAML, no kubeconfig). `certificates` are those in its text. */
  | { is: 'left'; why: string; certificates?: SeenCertificate[]; file?: CopyFile }
  /** A symbolic link, a FIFO, someone else's file …: not read at all. */
  | { is: 'refused'; why: string }
  | { is: 'failed'; why: string };
