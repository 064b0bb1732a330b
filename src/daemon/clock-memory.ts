import type { Instant } from '../domain/model/certificate.ts';
import type { JournalRecord } from '../domain/model/journal.ts';
import type { ClockAccepted } from '../domain/model/status.ts';
import { HOUR } from '../domain/time/duration.ts';
import { readTextIfThere } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { setAside, writeState } from '../host/state-file.ts';

const FILE = `${STATE_DIR}/clock.json`;
const VERSION = 1;

export type ClockMemory = {
  /** What is known in addition to the time that the clock shows now. */
  evidence(now: Instant, records: JournalRecord[]): Promise<{ newestSeen: Instant | null; jump: number }>;
  /**
   * Writes down that the clock showed `now` and was believed. Returns the name under which it has kept a file that this version
   * did not write; null: there was none.
   */
  remember(now: Instant): Promise<string | null>;
  /** Takes back what the clock showed before: from now on it is believed as it is. */
  accept(now: Instant, records: JournalRecord[]): Promise<ClockAccepted>;
};

/** `wrong`: records in the journal after `from`, when the clock was accepted, and up to `to`, its wrong reading, do not count. */
type Remembered = { seen: Instant | null; wrong: { from: Instant; to: Instant } | null };

/** `isOurs`: this version has written it, or an earlier one, or it is not there. */
type Recalled = Remembered & { isOurs: boolean };

/** What the clock showed before: in the state directory across restarts, and against the monotonic clock within a process. */
export function makeClockMemory(root: Root, monotonic: () => number = () => performance.now()): ClockMemory {
  let last: { wall: Instant; at: number } | null = null;
  let jumped: { by: number; at: number } | null = null;
  return {
    async evidence(now, records) {
      const at = monotonic();
      if (last !== null) {
        const by = now - last.wall - (at - last.at);
        // A smaller one does not make a large one forgotten.
        if (jumped === null || at - jumped.at > HOUR || Math.abs(by) > Math.abs(jumped.by)) jumped = { by, at };
      }
      last = { wall: now, at };
      return { newestSeen: newest(await recall(root), records), jump: jumped?.by ?? 0 };
    },
    async remember(now) {
      const remembered = await recall(root);
      const kept = remembered.isOurs ? null : await setAside(root, FILE);
      await write(root, { ...remembered, seen: now });
      return kept;
    },
    async accept(now, records) {
      const before = await recall(root);
      const latest = newest(before, records);
      last = null;
      jumped = null;
      if (latest === null || latest <= now) return { at: now, takenBack: null };
      await write(root, { seen: now, wrong: { from: now, to: Math.max(latest, before.wrong?.to ?? latest) } });
      return { at: now, takenBack: latest };
    },
  };
}

/** Newer records that fall into `wrong` are not missed: `seen` is written at every check. */
function newest({ seen, wrong }: Remembered, records: JournalRecord[]): Instant | null {
  const counted = records.map(({ at }) => at).filter((at) => wrong === null || at <= wrong.from || at > wrong.to);
  return [seen, ...counted].reduce<Instant | null>((a, b) => (b === null || (a !== null && a > b) ? a : b), null);
}

/** A damaged file remembers nothing. */
async function recall(root: Root): Promise<Recalled> {
  try {
    const text = await readTextIfThere(await followLinks(root, FILE));
    const { seen, wrong, version } = JSON.parse(text ?? '{}') as Partial<Record<keyof Remembered | 'version', unknown>>;
    const { from, to } = (wrong ?? {}) as { from?: unknown; to?: unknown };
    return {
      isOurs: text === null || ((version === undefined || version === VERSION) && isInstant(seen)),
      seen: isInstant(seen) ? seen : null,
      wrong: isInstant(from) && isInstant(to) ? { from, to } : null,
    };
  } catch {
    return { isOurs: false, seen: null, wrong: null };
  }
}

/** What Date can hold: any other number would make every check fail. */
function isInstant(value: unknown): value is Instant {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

/** `seen` is where every version looks for it. */
async function write(root: Root, { seen, wrong }: Remembered): Promise<void> {
  await writeState(root, FILE, { version: VERSION, seen, ...(wrong === null ? {} : { wrong }) });
}
