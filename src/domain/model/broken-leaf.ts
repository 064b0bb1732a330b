/** A leaf that cannot be read, or whose key cannot be; both files are regular ones or absent. Paths are the node's own. */
export type BrokenLeaf = {
  id: string;
  path: string;
  keyPath: string;
  /** The CA that signs it; null: not known. */
  caPath: string | null;
};
