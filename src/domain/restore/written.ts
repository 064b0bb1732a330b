import type { JournalRecord } from '../model/journal.ts';

/** SHA-256 of everything that certagent's finished steps have left in a file, by path. */
export type Written = ReadonlyMap<string, ReadonlySet<string>>;

/** A step that failed may have found somebody else's content: it proves nothing. */
export function writtenBy(records: JournalRecord[]): Written {
  const written = new Map<string, Set<string>>();
  for (const record of records) {
    if (record.type !== 'step-done') continue;
    for (const [path, sha256] of Object.entries(record.left ?? {}))
      if (sha256 !== null) written.set(path, (written.get(path) ?? new Set()).add(sha256));
  }
  return written;
}

export function isWritten(written: Written, path: string, sha256: string): boolean {
  return written.get(path)?.has(sha256) === true;
}
