import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Instant } from '../domain/model/certificate.ts';
import type { JournalRecord } from '../domain/model/journal.ts';
import { HOUR } from '../domain/time/duration.ts';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import { type Root, STATE_DIR } from '../host/root.ts';

const FILE = `${STATE_DIR}/clock.json`;

export type ClockMemory = {
  /** What is known besides the time that the clock shows now. */
  evidence(now: Instant, records: JournalRecord[]): Promise<{ newestSeen: Instant | null; jump: number }>;
  /** Writes down that the clock showed `now` and was believed. */
  remember(now: Instant): Promise<void>;
};

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
      const seen = [await remembered(root), ...records.map((record) => record.at)].filter((moment) => moment !== null);
      return { newestSeen: seen.length === 0 ? null : seen.reduce((a, b) => Math.max(a, b)), jump: jumped?.by ?? 0 };
    },
    async remember(now) {
      const path = root.at(FILE);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeAtomic(path, `${JSON.stringify({ seen: now })}\n`, { mode: 0o600 });
    },
  };
}

/** A damaged file remembers nothing. */
async function remembered(root: Root): Promise<Instant | null> {
  try {
    const { seen } = JSON.parse((await readTextIfThere(root.at(FILE))) ?? '{}') as { seen?: unknown };
    return typeof seen === 'number' ? seen : null;
  } catch {
    return null;
  }
}
