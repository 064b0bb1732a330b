import type { Instant } from '../model/certificate.ts';
import type { CopyOutcome } from '../model/journal.ts';
import { date } from '../time/day.ts';
import { formatDuration } from '../time/duration.ts';
import type { Judged, Member } from './input.ts';

export { date };

/** "2027-03-01 12:00 UTC, in 89 d 4 h" or "…, 3 h ago" */
export function expiry(at: Instant, now: Instant): string {
  return `${date(at)}, ${at > now ? `in ${formatDuration(at - now)}` : `${formatDuration(now - at)} ago`}`;
}

/** When the certificate expires of which a fact says so, as `expiry` does or as "expires 2027-03-01 12:00 UTC"; null for other facts. */
export function expiryIn(fact: string): { at: Instant; isPast: boolean } | null {
  const [, day, time, end = ''] = EXPIRY.exec(fact) ?? [];
  return day === undefined ? null : { at: Date.parse(`${day}T${time}Z`), isPast: end.endsWith(' ago') };
}

const EXPIRY = /^(?=expires|.+,)(?:expires )?(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC(, in .+|, .+ ago)?$/;

/** "1 certificate", "2 certificates", "2 copies" */
export function count(number: number, thing: string): string {
  return `${number} ${number === 1 ? thing : `${thing}s`.replace(/ys$/, 'ies')}`;
}

/** What these copies are, in a word: of users, of services, or both. */
export function copyNoun(copies: Pick<CopyOutcome, 'service'>[]): string {
  return copies.every(({ service }) => service === undefined) ? 'kubeconfig copy' : 'copy';
}

/** "1 certificate has", "2 certificates have": the subject with the form of the verb that fits. */
export function counted(number: number, thing: string, one: string, many = one): string {
  return `${count(number, thing)} ${number === 1 ? one : many}`;
}

/** "a", "a and b", "a, b and 3 more" */
export function list(names: string[]): string {
  const [first = '', second, ...rest] = names;
  if (second === undefined) return first;
  if (rest.length === 0) return `${first} and ${second}`;
  return `${first}, ${second} and ${rest.length} more`;
}

/** Sentences one after the other, each once. */
export function sentences(texts: string[]): string {
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))]
    .map((text) => (/[.!?:]$/.test(text) ? text : `${text}.`))
    .join(' ');
}

export const names = (of: Judged[]): string => list(of.map(({ decision }) => decision.id));

/** Each certificate with its expiry date. */
export const expiries = (of: Judged[], now: Instant): Member[] =>
  of.map(({ decision }) => [decision.id, expiry(decision.notAfter, now)]);
