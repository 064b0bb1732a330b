import type { CopyOutcome } from '../domain/model/journal.ts';
import type { Source } from './admin-kubeconfig.ts';
import type { Target } from './targets.ts';

/** What was found at a path, and the state of file and source it was found at. */
export type CopyCache = Map<string, { key: string; outcome: CopyOutcome }>;

type Run = { cache?: CopyCache; dryRun: boolean; sourceFile: Source };

/** What was found before, when neither file nor source changed since; null: the file has to be opened. */
export function recall(target: Target, { cache, dryRun, sourceFile }: Run): CopyOutcome | null {
  const known = cache?.get(target.path);
  if (known === undefined || known.key !== keyOf(target, sourceFile)) return null;
  return known.outcome.result !== 'pending' || dryRun ? known.outcome : null;
}

/** Only what stays true while neither file nor source changes; a failure is tried again. */
export function rememberOutcome(target: Target, { cache, sourceFile }: Run, outcome: CopyOutcome): void {
  const key = keyOf(target, sourceFile);
  const lasting = ['current', 'left', 'refused', 'pending'].includes(outcome.result);
  if (key !== null && lasting) cache?.set(target.path, { key, outcome });
}

const keyOf = ({ stamp, uid, create }: Target, { fingerprint }: Source) =>
  stamp === null ? null : `${stamp} ${uid} ${create} ${fingerprint}`;
