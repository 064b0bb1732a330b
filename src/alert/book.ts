import type { Alert, AlertNode, LastSent, Severity, StandingAlert } from '../domain/alerts/alert.ts';
import { explain } from '../domain/model/errors.ts';
import { readTextIfThere } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { setAside, writeState } from '../host/state-file.ts';

const FILE = `${STATE_DIR}/alerts.json`;
const VERSION = 1;
/** Of ten thousand certificates it has megabytes. */
const LARGEST = 64 * 1024 * 1024;

/** `node`: under whose identity they were sent; null where an earlier version wrote the file. */
export type LoadedBook = { book: StandingAlert[]; node: AlertNode | null; damaged: string | null };

/**
 * The alerts that were active at the last check. A damaged file is an empty book: active alerts are sent once more, which is
 * better than not at all. `damaged` then says what was found, else it is null.
 */
export async function loadBook(root: Root): Promise<LoadedBook> {
  try {
    const text = await readTextIfThere(await followLinks(root, FILE), LARGEST);
    if (text === null) return { book: [], node: null, damaged: null };
    const read = (JSON.parse(text) ?? {}) as { version?: unknown; alerts?: unknown; node?: unknown };
    const { version, alerts, node } = read;
    if (version === VERSION && Array.isArray(alerts) && alerts.every(isStanding))
      return { book: alerts, node: isNode(node) ? node : null, damaged: null };
    return { book: [], node: null, damaged: `${FILE} does not hold an alert book of version ${VERSION}` };
  } catch (error) {
    return {
      book: [],
      node: null,
      damaged: `${FILE} cannot be read: ${error instanceof SyntaxError ? 'it is not JSON' : explain(error)}`,
    };
  }
}

/** Keeps a book that could not be read, as one of a newer certagent, before the next one takes its place. */
export async function keepBook(root: Root): Promise<void> {
  await setAside(root, FILE);
}

/** Replaces the book atomically. Throws the operating system's error. */
export async function saveBook(root: Root, book: StandingAlert[], node: AlertNode): Promise<void> {
  await writeState(root, FILE, { version: VERSION, node, alerts: book });
}

function isStanding(value: unknown): value is StandingAlert {
  const { alert, since, lastSentAt, sent, heldUntil, silencedUntil } = (value ?? {}) as Partial<StandingAlert>;
  return (
    isInstant(since) &&
    (lastSentAt === null || isInstant(lastSentAt)) &&
    (sent === undefined || isLastSent(sent)) &&
    (silencedUntil === undefined || isInstant(silencedUntil)) &&
    (heldUntil === undefined || isInstant(heldUntil)) &&
    isAlert(alert)
  );
}

/** Milliseconds that are a date: 8.64e15 is the last of them. */
export function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

/** The members that make its identity. */
export function isNode(value: unknown): value is AlertNode {
  const { name, machine, labels } = (value ?? {}) as Partial<AlertNode>;
  return (
    typeof name === 'string' &&
    ['string', 'undefined'].includes(typeof machine) &&
    Object.values(labels ?? {}).every((each) => typeof each === 'string')
  );
}

function isLastSent(value: unknown): value is LastSent {
  const { severity, worst } = (value ?? {}) as Partial<LastSent>;
  return isSeverity(severity) && isSeverity(worst);
}

/** Everything that a message is later made of is there. The code may be one that a later version added. */
export function isAlert(value: unknown): value is Alert {
  const { code, severity, subject, text, remedy, facts, holdOff, restsOn } = (value ?? {}) as Partial<Alert>;
  return (
    [code, subject, text, remedy].every((each) => typeof each === 'string') &&
    isSeverity(severity) &&
    (holdOff === undefined || typeof holdOff === 'number') &&
    (restsOn === undefined || (Array.isArray(restsOn) && restsOn.every((each) => typeof each === 'string'))) &&
    typeof facts === 'object' &&
    facts !== null &&
    Object.values(facts).every((each) => typeof each === 'string')
  );
}

export function isSeverity(value: unknown): value is Severity {
  return value === 'info' || value === 'warning' || value === 'critical';
}
