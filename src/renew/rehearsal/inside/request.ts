import type { HealthCheck } from '../../../domain/model/health-check.ts';

/** What the helper in the sandbox is asked, on its standard input: there secrets are in no argument and in no unit. */
export type InsideRequest = {
  /** systemd could not give it processes of its own: the tool gets them from unshare. */
  olderSystemd: boolean;
  /** What must be so before anything is started; null under a root prefix, where no sandbox is made. */
  confinement: Confinement | null;
  /** Where the copy is seen: "/" in the sandbox. */
  view: string;
  /** A directory of the copy, on whose disk some room must stay. */
  copy: string;
  /** Bytes of memory that all of it may use. */
  memory: number;
  task: ServerTask | KubeadmTask;
};

export type Confinement = {
  network: 'none' | 'node';
  /** The node's network namespace, as /proc/self/ns/net names it. */
  nodeNetwork: string;
  /** Where the copies are seen, with what stat says of them outside. */
  copies: { path: string; device: number; inode: number }[];
  /** Directories whose content is lost with the sandbox. */
  lost: string[];
};

export type ServerTask = {
  kind: 'start';
  program: string;
  argv: string[];
  environment: Record<string, string>;
  /** Words that make a cluster of one member of the copy, in a run of their own before; null: it needs none. */
  alone: string[] | null;
  /** The node's, for the loopback of the sandbox. */
  addresses: string[];
  /** The copy of the sqlite database; null: there is none. */
  database: string | null;
  health: HealthCheck;
  kubeconfig: string;
  listener: { host: string; port: number };
  /** Milliseconds. */
  settle: number;
  limit: number;
};

export type KubeadmTask = {
  kind: 'command';
  program: string;
  calls: { id: string; argv: string[] }[];
  /** Milliseconds for each call. */
  limit: number;
};

/** Its answer. `impossible` completes "cannot rehearse: …". */
export type InsideAnswer = ImpossibleAnswer | ServerAnswer | KubeadmAnswer;

export type ImpossibleAnswer = { kind: 'impossible'; why: string };

export type ServerAnswer = {
  kind: 'start';
  readyAfter: number | null;
  ending: string | null;
  limitReached: 'time' | 'memory' | null;
  /** The last lines of the log, oldest first. */
  log: string[];
  kubeconfig: string | null;
  /** DER in base64; null: nothing was served. */
  served: string | null;
  peakMemory: number | null;
};

export type KubeadmAnswer = {
  kind: 'command';
  calls: { id: string; exitCode: number | null; timedOut: boolean; output: string }[];
  peakMemory: number | null;
};
