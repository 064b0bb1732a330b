import type { Instant } from '../../domain/model/certificate.ts';
import { CertagentError, type ErrorCode } from '../../domain/model/errors.ts';
import type { RestoredFile, RestoredPair } from '../../domain/plan/steps/restore-files.ts';
import { day } from '../../domain/time/day.ts';
import type { Root } from '../../host/root.ts';
import { instant, list, nodePath, object, type Shape, text } from '../../host/shape.ts';
import { checksum } from '../backup/authorities.ts';
import { restore } from '../backup/put-back-files.ts';

// What the steps have in common that put whole pairs of files in place: of an earlier backup, or of a CA elsewhere.

export const pairsShape: Shape<RestoredPair[]> = list(
  object({ id: text, notAfter: instant, files: list(object({ path: nodePath, sha256: text, was: text })) }),
);

/** Words for its errors: what has expired and under which code, and what a person runs again. */
export type PutWords = { expired: ErrorCode; where: string; again: string };

/**
 * Puts each pair in place, from a directory that is laid out as a backup. Returns the number of files. Throws CertagentError CHANGED_SINCE
 * before it overwrites what somebody has changed, the one of `words` for what has expired, or what `restore` throws.
 */
export async function putPairs(
  root: Root,
  from: string,
  pairs: RestoredPair[],
  { now, words }: { now: () => Instant; words: PutWords },
): Promise<number> {
  let count = 0;
  for (const pair of pairs) {
    // Right before it is replaced, not when the plan was made.
    const obstacle = await whyNot(root, pair, now(), words);
    if (obstacle !== null) throw obstacle;
    const paths = pair.files.map(({ path }) => path);
    count += (await restore(root, from, paths)).length;
  }
  return count;
}

/** Killed in between, a key can be in place already and its certificate not: each file is as it was, or as it is to be. */
export async function mayPut(root: Root, pairs: RestoredPair[], now: Instant, words: PutWords): Promise<boolean> {
  for (const pair of pairs) if ((await whyNot(root, pair, now, words)) !== null) return false;
  return true;
}

async function whyNot(
  root: Root,
  { id, notAfter, files }: RestoredPair,
  now: Instant,
  { expired, where, again }: PutWords,
): Promise<CertagentError | null> {
  if (notAfter <= now)
    return new CertagentError(expired, `the certificate of ${id} ${where} expired on ${day(notAfter)}`);
  const changed: RestoredFile[] = [];
  for (const file of files) {
    const found = await checksum(root, file.path);
    if (found !== file.was && found !== file.sha256) changed.push(file);
  }
  if (changed.length === 0) return null;
  return new CertagentError(
    'CHANGED_SINCE',
    `somebody has changed ${changed.map(({ path }) => path).join(', ')} since the plan was made`,
    { remedy: `See who changes this node, and whether it is as you want it; then run ${again} again.` },
  );
}

export async function areInPlace(root: Root, pairs: RestoredPair[]): Promise<boolean> {
  for (const { path, sha256 } of pairs.flatMap(({ files }) => files))
    if ((await checksum(root, path)) !== sha256) return false;
  return true;
}

export function filesOfPairs(pairs: RestoredPair[]): string[] {
  return pairs.flatMap(({ files }) => files.map(({ path }) => path));
}
