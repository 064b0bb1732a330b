import type { Cycle, Found, NodeState } from './input.ts';
import type { Severity } from './severity.ts';

/** The parts of the table of alerts that people read. */
export const CATEGORIES = ['expiry', 'renewal', 'files', 'servers', 'certagent', 'event'] as const;

type Common = {
  /** One sentence, for the documentation. */
  meaning: string;
  /** What it is usually; `at` says when it is something else. */
  severity: Severity;
  at?: Partial<Record<Severity, string>>;
  /** What to do, where what was found does not say it better. Empty: nothing. */
  remedy: string;
};

type Detected = Common & { find: (state: NodeState) => Found[] };

/** An expiry: neither another alert nor a hold-off keeps it back, so it can name none. */
export type ExpiryKind = Detected & { category: 'expiry' };

/** Any other state of the node. */
export type StateKind = Detected & {
  category: 'renewal' | 'files' | 'servers' | 'certagent';
  /** Codes of alerts that can explain it. It is not sent while one of them does. */
  explainedBy?: readonly string[];
  /** Milliseconds for which it must persist before it is sent, where what was found does not say it better. */
  holdOff?: number;
  /** Today's date decides it, as it does an expiry: while the clock is doubtful it is not raised. */
  dated?: true;
};

/** Something that happened: sent once, and never active. */
export type EventKind = Common & { category: 'event'; happened: (cycle: Cycle) => Found[] };

export type AlertKind = ExpiryKind | StateKind | EventKind;
