import type { Config } from '../config/schema.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import type { Readers } from '../control/server.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import type { View } from './view.ts';

export type AgentOptions = {
  root: Root;
  /** Path of the node. */
  configFile: string;
  now: () => Instant;
  log: Log;
  /** Ends a renewal after the current step. */
  signal?: AbortSignal;
  /** Only reads: creates and writes nothing, not even the journal. */
  readOnly?: boolean;
  /** Applies what this agent does not read from its configuration each time. Awaited by `reload`. */
  reloaded?: (config: Config) => Promise<void>;
  /** Called after each cycle and each reload: the daemon arms its triggers by it. */
  changed?: (agent: Agent) => void;
};

/** One node's certagent: everything the sockets, the triggers and the command line ask of it. */
export type Agent = ControlHandlers & {
  config(): Config;
  /** What the status socket offers. */
  readers: Readers;
  /** What the last cycle saw; null before the first. */
  view(): View | null;
  setNextCheck(at: Instant | null): void;
  /** When the first alert is sent that is kept back now, should it persist; null when there is none. */
  heldUntil(): Instant | null;
  /** Finishes or undoes what a killed agent left, and reports it. */
  recover(): Promise<void>;
  /** Waits until each sink has taken what there is, or has failed once. */
  deliver(): Promise<void>;
  close(): Promise<void>;
};
