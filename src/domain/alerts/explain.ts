import type { Alert } from './alert.ts';
import { type AlertCode, kindOf } from './catalogue.ts';
import { isAtLeast } from './severity.ts';

/**
 * The active alert that explains this one, so that one cause is one message; null when none does. What explains is at least
 * as severe and covers everything that the alert is about. Nothing explains an expiry.
 */
export function explanationOf(alert: Alert, active: Alert[]): AlertCode | null {
  return active.find((other) => explains(other, alert))?.code ?? null;
}

/** Milliseconds for which the alert must persist before it is sent. */
export function holdOffOf({ code, holdOff }: Alert): number {
  const kind = kindOf(code);
  if (kind === undefined || kind.category === 'expiry' || kind.category === 'event') return 0;
  return holdOff ?? kind.holdOff ?? 0;
}

function explains(other: Alert, alert: Alert): boolean {
  const kind = kindOf(alert.code);
  if (kind === undefined || kind.category === 'expiry' || kind.category === 'event') return false;
  if (!isAtLeast(other.severity, alert.severity)) return false;
  // Where the node itself is missing, nothing that is known of it says more.
  if (other.code === 'NODE_UNKNOWN') return kind.category !== 'certagent';
  return kind.explainedBy?.includes(other.code) === true && covers(other, alert);
}

function covers({ facts }: Alert, alert: Alert): boolean {
  return (alert.restsOn ?? Object.keys(alert.facts)).every((name) => Object.hasOwn(facts, name));
}
