export type ErrorKind = {
  /** One sentence: what happened. */
  meaning: string;
  /** What to do, unless the error itself has a better remedy. */
  remedy?: string;
};
