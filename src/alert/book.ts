import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Alert, StandingAlert } from '../domain/alerts/alert.ts';
import { explain } from '../domain/model/errors.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import { type Root, STATE_DIR } from '../host/root.ts';

const FILE = `${STATE_DIR}/alerts.json`;
const VERSION = 1;

/**
 * The alerts that stood when certagent last looked. A damaged file is an empty book: alerts that stand are told once more,
 * which is better than none. `damaged` then says what was found, else it is null.
 */
export async function loadBook(root: Root): Promise<{ book: StandingAlert[]; damaged: string | null }> {
  try {
    const text = await readTextIfThere(await followLinks(root, FILE));
    if (text === null) return { book: [], damaged: null };
    const { version, alerts } = JSON.parse(text) as { version?: unknown; alerts?: unknown };
    if (version === VERSION && Array.isArray(alerts) && alerts.every(isStanding))
      return { book: alerts, damaged: null };
    return { book: [], damaged: `${FILE} does not hold an alert book of version ${VERSION}` };
  } catch (error) {
    return {
      book: [],
      damaged: `${FILE} cannot be read: ${error instanceof SyntaxError ? 'it is no JSON' : explain(error)}`,
    };
  }
}

/** Keeps a book that could not be read, as one of a newer certagent, before the next one takes its place. */
export async function keepBook(root: Root): Promise<void> {
  await rename(root.at(FILE), root.at(`${FILE}.kept`)).catch(() => {});
}

/** Replaces the book atomically. Throws the operating system's error. */
export async function saveBook(root: Root, book: StandingAlert[]): Promise<void> {
  const path = root.at(FILE);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomic(path, `${JSON.stringify({ version: VERSION, alerts: book })}\n`, { mode: 0o600 });
}

function isStanding(value: unknown): value is StandingAlert {
  const { alert, since, lastSentAt } = (value ?? {}) as Partial<StandingAlert>;
  return isInstant(since) && isInstant(lastSentAt) && isAlert(alert);
}

/** Milliseconds that are a date: 8.64e15 is the last of them. */
export function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

/** As it was written, so that nothing that is made of an alert later finds a hole in it. */
export function isAlert(value: unknown): value is Alert {
  const { code, severity, subject, text, remedy, facts } = (value ?? {}) as Partial<Alert>;
  return (
    [code, subject, text, remedy].every((each) => typeof each === 'string') &&
    ['info', 'warning', 'critical'].includes(severity ?? '') &&
    typeof facts === 'object' &&
    facts !== null &&
    Object.values(facts).every((each) => typeof each === 'string')
  );
}
