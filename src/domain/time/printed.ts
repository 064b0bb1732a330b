import { SECOND } from './duration.ts';

/** Members that hold an instant in what -o json prints. test/build/schemas.test.ts compares them with the types. */
const INSTANTS: ReadonlySet<string> = new Set([
  'at',
  'backOffUntil',
  'caNotAfter',
  'changedAt',
  'checkedAt',
  'createdAt',
  'endedAt',
  'expires',
  'firstExpiry',
  'from',
  'heldUntil',
  'lastSentAt',
  'modifiedAt',
  'moment',
  'nextAt',
  'nextCheckAt',
  'notAfter',
  'notBefore',
  'opensAt',
  'seen',
  'silencedUntil',
  'since',
  'startedAt',
  'takenBack',
  'until',
  'urgentAt',
]);

/** Also start and end, where they are beside a moment: elsewhere they are minutes after midnight. */
const OF_A_WINDOW: ReadonlySet<string> = new Set(['start', 'end']);

const LOCAL = /^(certagent\.[a-z]+)\/v1$/;
/** Holds no instant, so its first version stays. */
const TIMELESS = 'certagent.config/v1';

/** The version of a schema that is printed, of that which the daemon speaks. */
export function printedSchema(name: string): string {
  return name === TIMELESS ? name : name.replace(LOCAL, '$1/v2');
}

/**
 * A report as -o json prints it: instants in ISO 8601. Within certagent, in its files and on its sockets they are milliseconds since
 * the epoch, and the schema is version 1.
 */
export function printed(report: unknown): unknown {
  const result = withTimes(report, false);
  if (typeof result !== 'object' || result === null || !('schema' in result)) return result;
  return { ...result, schema: printedSchema(String(result.schema)) };
}

function withTimes(value: unknown, isInstant: boolean): unknown {
  if (typeof value === 'number') return isInstant ? isoTime(value) : value;
  if (Array.isArray(value)) return value.map((each) => withTimes(each, false));
  if (typeof value !== 'object' || value === null) return value;
  const inWindow = 'moment' in value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      withTimes(member, INSTANTS.has(name) || (inWindow && OF_A_WINDOW.has(name))),
    ]),
  );
}

/** The years that ISO 8601 and RFC 3339 can write with four digits. */
const FIRST = Date.parse('0000-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59Z');

/**
 * "2027-02-03T04:05:06Z": UTC, whole seconds, as Kubernetes writes times. jq's fromdateiso8601 and strptime read no fractions. null where JSON
 * has no number either.
 */
export function isoTime(instant: number): string | null {
  if (!Number.isFinite(instant)) return null;
  const second = Math.floor(Math.min(Math.max(instant, FIRST), LAST) / SECOND) * SECOND;
  return `${new Date(second).toISOString().slice(0, 19)}Z`;
}
