import { lstat, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { BrokenLeaf } from '../../domain/model/broken-leaf.ts';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import { backupOf } from '../../domain/plan/plan-parts.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { syncDirectory } from '../../host/files.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';
import { list, nodePath, object, orNull, tag, text } from '../../host/shape.ts';
import { readManifest } from '../backup/backup-manifest.ts';
import { checkPair } from '../verify/check-renewed.ts';
import { neverDone, restoring, type StepActor, type StepContext } from './actor.ts';

type Data = StepOf<'remove-leaves'>;

export const removeLeaves: StepActor<Data> = {
  schema: object({
    kind: tag('remove-leaves'),
    leaves: list(object({ id: text, path: nodePath, keyPath: nodePath, caPath: orNull(nodePath) })),
  }),
  writes: ({ leaves }) => filesOf(leaves),
  undo: ({ leaves }, { plan }) => restoring(filesOf(leaves), plan),
  // After a kill, systemd may have started the unit meanwhile: what it has issued by then is sound, and stays.
  isDone: neverDone,
  act,
};

/** Throws CertagentError NOT_A_FILE or BACKUP_DAMAGED; then nothing is removed. */
async function act({ leaves }: Data, { root, plan }: StepContext): Promise<string> {
  await refuseUnlessBackedUp(leaves, root, backupOf(plan));
  const files: string[] = [];
  for (const leaf of leaves) if (!(await isSound(leaf, root))) files.push(...(await removable(leaf, root)));
  for (const file of files) {
    await rm(file);
    await syncDirectory(dirname(file));
  }
  return files.length === 0
    ? 'nothing is broken any more'
    : files.length === 1
      ? '1 file removed'
      : `${files.length} files removed`;
}

async function refuseUnlessBackedUp(leaves: BrokenLeaf[], root: Root, backup: string | null): Promise<void> {
  const { files, absent } = await readManifest(root.at(backup ?? ''));
  const known = [...files.map(({ path }) => path), ...absent];
  const unknown = filesOf(leaves).filter((path) => !known.includes(path));
  if (unknown.length > 0) throw new CertagentError('BACKUP_DAMAGED', `the backup does not know ${unknown.join(', ')}`);
}

/** The key first: a start replaces a certificate whose key is missing. */
async function removable({ path, keyPath }: BrokenLeaf, root: Root): Promise<string[]> {
  const there: string[] = [];
  for (const each of [keyPath, path]) {
    // The file itself, through whatever its directory is: a link in its place is somebody's intention.
    const file = join(await followLinks(root, dirname(each)), basename(each));
    const facts = await lstat(file).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return null;
      throw error;
    });
    if (facts !== null && !facts.isFile())
      throw new CertagentError('NOT_A_FILE', `${each} is not a regular file, and certagent removes nothing else`);
    if (facts !== null) there.push(file);
  }
  return there;
}

async function isSound({ id, path, keyPath, caPath }: BrokenLeaf, root: Root): Promise<boolean> {
  return checkPair(root, { id, path, keyPath, caPath, old: null }).then(
    () => true,
    () => false,
  );
}

const filesOf = (leaves: BrokenLeaf[]): string[] => leaves.flatMap(({ path, keyPath }) => [path, keyPath]);
