import type { AlertKind, EventKind, ExpiryKind, StateKind } from './kind.ts';
import { CERTAGENT } from './kinds/certagent.ts';
import { EVENTS } from './kinds/events.ts';
import { EXPIRY } from './kinds/expiry.ts';
import { FILES } from './kinds/on-disk.ts';
import { RENEWAL } from './kinds/renewal.ts';
import { SERVERS } from './kinds/servers.ts';

/**
 * Every alert that certagent sends. A new one is an entry in `kinds/` and a function in `detect/`; docs/alerts.md
 * and certagent-alerts(7) are made of these entries.
 */
const KINDS = { ...EXPIRY, ...RENEWAL, ...FILES, ...SERVERS, ...CERTAGENT, ...EVENTS };

export type AlertCode = keyof typeof KINDS;

/** The codes that entries refer to exist: this assignment does not compile otherwise. */
type Checked = ExpiryKind | EventKind | (StateKind & { explainedBy?: readonly AlertCode[] });
export const ALERTS: Readonly<Record<AlertCode, Checked>> = KINDS;

export const CODES = Object.keys(ALERTS) as AlertCode[];

/** Where a person finds what to do, step by step. */
export const runbookOf = (code: AlertCode): string => `docs/alerts/${code}.md`;

/** Where the packages install these pages. */
export const INSTALLED_RUNBOOKS = '/usr/share/doc/certagent/alerts';

/** undefined: a later version wrote the alert down. */
export const kindOf = (code: AlertCode): AlertKind | undefined => ALERTS[code];

/** Whether today's date decides: while the clock is doubtful, active ones stay, and no new one is raised. */
export function isDated(code: AlertCode): boolean {
  const kind = kindOf(code);
  return kind?.category === 'expiry' || (kind !== undefined && 'dated' in kind && kind.dated === true);
}
