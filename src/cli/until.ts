import type { Instant } from '../domain/model/certificate.ts';
import { CertagentError } from '../domain/model/errors.ts';
import { DAY, parseDuration } from '../domain/time/duration.ts';
import type { Context } from './context.ts';

/** Who needs longer wants another configuration. */
const LONGEST = 366 * DAY;
const LONGEST_REASON = 200;

/** The end of a silence or pause, and why it is, of --for or --until and --reason. Throws CertagentError USAGE. */
export function untilOf({ options }: Context, now: Instant): { until: Instant; reason: string } {
  const { for: length, until: date, reason } = options;
  if ((length === undefined) === (date === undefined))
    throw usage('use either --for or --until', 'For example: --for 7d');
  const until = typeof length === 'string' ? now + duration(length) : instant(String(date));
  if (until <= now) throw usage('the end has passed already');
  if (until - now > LONGEST) throw usage('the end is more than a year away');
  if (typeof reason !== 'string' || reason.trim() === '')
    throw usage('--reason is missing', 'Whoever reads the status next week must know why: --reason "…"');
  if (reason.length > LONGEST_REASON || /\p{Cc}/u.test(reason))
    throw usage(`the reason must be one line of at most ${LONGEST_REASON} characters`);
  return { until, reason: reason.trim() };
}

function duration(text: string): number {
  const length = parseDuration(text);
  if (length === null) throw usage(`${text} is not a duration`, 'Use a number and s, m, h or d: --for 7d');
  return length;
}

/** A day begins at midnight UTC; a time without a zone is UTC, too. */
function instant(text: string): Instant {
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::\d\d)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  const at = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2] ?? '00:00'}:00${match[3] ?? 'Z'}`);
  if (Number.isNaN(at)) throw usage(`${text} is not a date`, 'Use --until 2027-03-01 or --until 2027-03-01T18:00Z');
  return at;
}

const usage = (message: string, remedy?: string) =>
  new CertagentError('USAGE', message, remedy === undefined ? {} : { remedy });
