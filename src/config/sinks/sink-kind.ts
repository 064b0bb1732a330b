/** A file that a sink's configuration names: what it holds may be sent to nobody else when it is a secret. */
export type SinkFile = { key: string; isSecret: boolean };

/** One kind of sink: its keys, and what the schema of each key cannot say. */
export type SinkKind<Schema, Settings> = {
  /** "An email sink", for the documentation. */
  title: string;
  keys: Schema;
  files: readonly SinkFile[];
  /** What is wrong with keys that need one another; `key` is the one to change. */
  problems(settings: Settings): { key: string; message: string }[];
};
