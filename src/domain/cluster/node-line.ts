import { isAtLeast, type StandingAlert } from '../alerts/alert.ts';
import type { AlertCode } from '../alerts/catalogue.ts';
import { ownCertificates } from '../fleet/troubles.ts';
import type { Instant } from '../model/certificate.ts';
import type { Renewal } from '../model/decision.ts';
import type { ObservedCertificate } from '../model/inventory.ts';
import { HOUR } from '../time/duration.ts';

/** The annotations in which a node says how it is, on its own Node. */
export const ANNOTATIONS = {
  firstExpiry: 'certagent.io/first-expiry',
  state: 'certagent.io/state',
  seen: 'certagent.io/seen',
} as const;

/** From bad to good. `observing`: something is due, and certagent only observes. */
export const STATES = [
  'expired',
  'rolled-back',
  'failed',
  'blocked',
  'critical',
  'waiting',
  'due',
  'observing',
  'warning',
  'ok',
] as const;

export type State = (typeof STATES)[number];

/** What a node says of itself to the cluster. `seen`: when certagent checked it last, to the hour. */
export type NodeLine = { firstExpiry: Instant | null; state: State; seen: Instant };

/** An unchanged node says once in an hour at most that it was checked. */
const SEEN_EVERY = HOUR;

export function nodeLine(
  node: { certificates: ObservedCertificate[]; renewal: Renewal; alerts: StandingAlert[] },
  now: Instant,
): NodeLine {
  const rows = node.certificates.map((one) => ({ ...one, decision: { nearness: 'valid', opensAt: 0 } as const }));
  const [first] = ownCertificates(rows);
  return { firstExpiry: first?.certificate.notAfter ?? null, state: stateOf(node), seen: floor(now, SEEN_EVERY) };
}

function stateOf({ renewal, alerts }: { renewal: Renewal; alerts: StandingAlert[] }): State {
  const has = (code: AlertCode) => alerts.some(({ alert }) => alert.code === code);
  const worst = (severity: 'critical' | 'warning') => alerts.some(({ alert }) => isAtLeast(alert.severity, severity));
  if (has('CERTIFICATE_EXPIRED')) return 'expired';
  if (has('RENEWAL_ROLLED_BACK')) return 'rolled-back';
  if (has('RENEWAL_FAILED')) return 'failed';
  if (renewal.kind === 'blocked') return 'blocked';
  if (worst('critical')) return 'critical';
  if (renewal.kind === 'waiting' || renewal.kind === 'observing') return renewal.kind;
  if (renewal.kind === 'now') return 'due';
  return worst('warning') ? 'warning' : 'ok';
}

/** What has to be written, given what is there; null: nothing. An annotation that is null is removed. */
export function changedAnnotations(
  there: Readonly<Record<string, unknown>>,
  { firstExpiry, state, seen }: NodeLine,
): Record<string, string | null> | null {
  const wanted = {
    [ANNOTATIONS.firstExpiry]: firstExpiry === null ? null : time(firstExpiry),
    [ANNOTATIONS.state]: state,
    [ANNOTATIONS.seen]: time(seen),
  };
  return Object.entries(wanted).every(([name, value]) => (there[name] ?? null) === value) ? null : wanted;
}

/** The line of a node as its annotations have it, which anybody may have written who may change Nodes; null: there is none. */
export function lineIn(annotations: Readonly<Record<string, unknown>>): NodeLine | null {
  const state = STATES.find((one) => one === annotations[ANNOTATIONS.state]);
  const seen = instant(annotations[ANNOTATIONS.seen]);
  if (state === undefined || seen === null) return null;
  return { firstExpiry: instant(annotations[ANNOTATIONS.firstExpiry]), state, seen };
}

function floor(at: Instant, unit: number): Instant {
  return Math.floor(at / unit) * unit;
}

function time(at: Instant): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

function instant(text: unknown): Instant | null {
  const isTime = typeof text === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text);
  const at = isTime ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
