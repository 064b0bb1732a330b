import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StandingAlert } from '../domain/alert.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import { type Root, STATE_DIR } from '../host/root.ts';

const FILE = `${STATE_DIR}/alerts.json`;
const VERSION = 1;

/**
 * The alerts that stood when certagent last looked. A damaged file is an empty book: alerts that stand are told once more,
 * which is better than none. `damaged` then says what was found, else it is null.
 */
export async function loadBook(root: Root): Promise<{ book: StandingAlert[]; damaged: string | null }> {
  try {
    const text = await readTextIfThere(root.at(FILE));
    if (text === null) return { book: [], damaged: null };
    const { version, alerts } = JSON.parse(text) as { version?: unknown; alerts?: unknown };
    if (version === VERSION && Array.isArray(alerts) && alerts.every(isStanding))
      return { book: alerts, damaged: null };
    return { book: [], damaged: `${FILE} does not hold an alert book of version ${VERSION}` };
  } catch (error) {
    return { book: [], damaged: `${FILE} cannot be read: ${(error as Error).message}` };
  }
}

/** Replaces the book atomically. Throws the operating system's error. */
export async function saveBook(root: Root, book: StandingAlert[]): Promise<void> {
  const path = root.at(FILE);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAtomic(path, `${JSON.stringify({ version: VERSION, alerts: book })}\n`, { mode: 0o600 });
}

function isStanding(value: unknown): value is StandingAlert {
  const { alert, since, lastSentAt } = (value ?? {}) as Partial<StandingAlert>;
  return (
    typeof since === 'number' &&
    typeof lastSentAt === 'number' &&
    typeof alert?.code === 'string' &&
    typeof alert.subject === 'string' &&
    typeof alert.text === 'string' &&
    ['info', 'warning', 'critical'].includes(alert.severity) &&
    typeof alert.facts === 'object' &&
    alert.facts !== null
  );
}
