/** Where a K3s server keeps the cluster's state: only what is in files of this node can be rehearsed on a copy. */
export type Datastore = 'sqlite' | 'etcd';

/** What decides whether a renewal of this node can be rehearsed. */
export type RehearsalFacts = {
  /** Why a program cannot be shut in here, as the end of "cannot rehearse: …"; null: it can, as far as can be seen from outside. */
  unsupported: string | null;
  /** K3s: where the cluster's state is; null elsewhere, and where it was not found. */
  datastore: Datastore | 'external' | null;
  /** Bytes that would be copied. */
  copyBytes: number;
  /** Bytes that are free where the copy would be; null: not known. */
  freeBytes: number | null;
  /** Bytes of memory that the machine can give; null: not known. */
  availableMemory: number | null;
};
