import type { Severity } from '../alerts/severity.ts';
import type { Instant } from './certificate.ts';

/** No renewal starts before `until`. */
export type Pause = { since: Instant; until: Instant; reason: string };

/** An alert that a person knows of: it is not sent before `until`, unless it gets worse than `severity`. */
export type Silence = {
  /** One that a later version added, too. */
  code: string;
  /** null: whatever it is about. */
  subject: string | null;
  since: Instant;
  until: Instant;
  reason: string;
  severity: Severity;
};

/** What a person has told this node's certagent, beside its configuration. */
export type Orders = { pause: Pause | null; silences: Silence[] };

export const NO_ORDERS: Orders = { pause: null, silences: [] };

/** Without what has run out. */
export function current({ pause, silences }: Orders, now: Instant): Orders {
  return {
    pause: pause !== null && pause.until > now ? pause : null,
    silences: silences.filter(({ until }) => until > now),
  };
}

/** With this silence in the place of an earlier one about the same. */
export function silenced(orders: Orders, silence: Silence): Orders {
  return { ...orders, silences: [...without(orders, silence), silence] };
}

/** Without the silence about exactly this; null: there is none. */
export function unsilenced(orders: Orders, about: Pick<Silence, 'code' | 'subject'>): Orders | null {
  const silences = without(orders, about);
  return silences.length === orders.silences.length ? null : { ...orders, silences };
}

function without({ silences }: Orders, { code, subject }: Pick<Silence, 'code' | 'subject'>): Silence[] {
  return silences.filter((each) => each.code !== code || each.subject !== subject);
}
