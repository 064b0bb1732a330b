import type { Instant } from '../../domain/model/certificate.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import type { RestoredFile, RestoredPair } from '../../domain/plan/steps/restore-files.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { day } from '../../domain/time/day.ts';
import type { Root } from '../../host/root.ts';
import { instant, list, nodePath, object, tag, text } from '../../host/shape.ts';
import { checksum } from '../backup/authorities.ts';
import { restore } from '../backup/put-back-files.ts';
import { restoring, type StepActor, type StepContext } from './actor.ts';

type Data = StepOf<'restore-files'>;

export const restoreFiles: StepActor<Data> = {
  schema: object({
    kind: tag('restore-files'),
    backup: nodePath,
    pairs: list(
      object({ id: text, notAfter: instant, files: list(object({ path: nodePath, sha256: text, was: text })) }),
    ),
  }),
  writes: filesOf,
  undo: (step, { plan }) => restoring(filesOf(step), plan),
  isDone: async ({ pairs }, { root }) => {
    for (const pair of pairs) if (!(await isRestored(root, pair))) return null;
    return 'restored already';
  },
  act,
  // A kill leaves each file whole, as it was or restored: the rest can follow.
  mayGoOn: async ({ pairs }, { root, now }) => {
    for (const pair of pairs) if ((await whyNot(root, pair, now())) !== null) return false;
    return true;
  },
};

/** Throws CertagentError CHANGED_SINCE before it overwrites what somebody has changed, RESTORE_EXPIRED, or what `restore` throws. */
async function act({ backup, pairs }: Data, { root, now }: StepContext): Promise<string> {
  let count = 0;
  for (const pair of pairs) {
    // Right before it is replaced, not when the plan was made.
    const obstacle = await whyNot(root, pair, now());
    if (obstacle !== null) throw obstacle;
    count += (
      await restore(
        root,
        backup,
        pair.files.map(({ path }) => path),
      )
    ).length;
  }
  return `${count} files put back`;
}

/** Killed in between, a key can be restored already and its certificate not. */
async function whyNot(root: Root, { id, notAfter, files }: RestoredPair, now: Instant): Promise<CertagentError | null> {
  if (notAfter <= now)
    return new CertagentError('RESTORE_EXPIRED', `the certificate of ${id} in the backup expired on ${day(notAfter)}`);
  const changed: RestoredFile[] = [];
  for (const file of files) {
    const found = await checksum(root, file.path);
    if (found !== file.was && found !== file.sha256) changed.push(file);
  }
  if (changed.length === 0) return null;
  return new CertagentError(
    'CHANGED_SINCE',
    `somebody has changed ${changed.map(({ path }) => path).join(', ')} since the plan was made`,
    { remedy: 'See who changes this node, and whether it is as you want it; then run certagent restore again.' },
  );
}

async function isRestored(root: Root, { files }: RestoredPair): Promise<boolean> {
  for (const { path, sha256 } of files) if ((await checksum(root, path)) !== sha256) return false;
  return true;
}

function filesOf({ pairs }: Data): string[] {
  return pairs.flatMap(({ files }) => files.map(({ path }) => path));
}
