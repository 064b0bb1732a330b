import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, readdir, readlink, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import { restartsOf, restoredFrom } from '../../domain/plan/plan-parts.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { modeLike } from '../../host/attributes.ts';
import { readSmall, syncDirectory } from '../../host/files.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';
import { RESTART_METHODS } from '../components/restart-methods.ts';
import type { StepContext } from '../steps/actor.ts';
import { isAuthorityKey } from './authorities.ts';
import { BACKUP_FILE_LIMIT, type BackupManifest, MANIFEST, placeIn, readBackedUp, sha256 } from './backup-manifest.ts';
import { partialOf, removeBeyond } from './old-backups.ts';

type BackupStep = StepOf<'backup'>;

/**
 * Copies what the step lists into its directory: written beside it, read back, and renamed when it is whole, so a backup
 * is there whole or not at all. Keys of CAs are not copied. Then the oldest ones beyond the number to keep are removed. Returns the detail for a
 * person. Throws CertagentError BACKUP_PLACE, MANIFEST_LINK, NO_SPACE, or BACKUP_FAILED; nothing half-written stays.
 */
export async function makeBackup(step: BackupStep, context: StepContext): Promise<string> {
  refuseManifestsDirectory(step, context);
  // Before anything changes, not when the certificates are new and no component can be made to load them.
  for (const { method, manifest } of restartsOf(context.plan))
    await RESTART_METHODS[method].check(manifest, context.root);
  const directory = context.root.at(step.directory);
  const partial = partialOf(directory);
  try {
    await mkdir(dirname(directory), { recursive: true, mode: 0o700 });
    await chmod(dirname(directory), 0o700);
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { mode: 0o700 });
    const manifest = await copyAll(step, context, partial);
    await writeSynced(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
    await syncTree(partial);
    for (const file of manifest.files) await readBackedUp(partial, file);
    await rm(directory, { recursive: true, force: true });
    await rename(partial, directory);
    await syncDirectory(dirname(directory));
    const restored = restoredFrom(context.plan);
    await removeBeyond(directory, context.backups, restored === null ? null : context.root.at(restored));
    return `${manifest.files.length} files in ${step.directory}`;
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    throw asBackupError(error, step.directory);
  }
}

/** Every file among the manifests is run as a pod by the kubelet. */
function refuseManifestsDirectory(step: BackupStep, { plan }: StepContext): void {
  for (const { manifest } of restartsOf(plan)) {
    if (`${step.directory}/`.startsWith(`${dirname(manifest)}/`))
      throw new CertagentError('BACKUP_PLACE', `${step.directory} lies among the manifests, where files run as pods`);
  }
}

async function copyAll(
  step: BackupStep,
  { root, plan, now }: StepContext,
  to: string,
): Promise<BackupManifest & { keys: { path: string; sha256: string }[] }> {
  const manifest: Awaited<ReturnType<typeof copyAll>> = {
    version: 1,
    planId: plan.id,
    createdAt: now(),
    files: [],
    links: [],
    absent: [],
    keys: [],
  };
  const seen = new Set<string>();
  const copyFile = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    try {
      const file = await followLinks(root, path);
      const { bytes, facts } = await readSmall(file, BACKUP_FILE_LIMIT);
      if (await isAuthorityKey(root, path)) {
        manifest.keys.push({ path, sha256: sha256(bytes) });
        return;
      }
      const { mode, uid, gid, size, modifiedAt } = facts;
      const copy = placeIn(to, path);
      await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
      await writeSynced(copy, bytes, { mode, uid, gid, like: file });
      manifest.files.push({ path, mode, uid, gid, size, modifiedAt, sha256: sha256(bytes) });
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      manifest.absent.push(path);
    }
  };
  for (const path of step.files) await copyFile(path);
  for (const directory of step.directories) {
    for await (const entry of walk(root, directory)) {
      if (entry.kind === 'file') await copyFile(entry.path);
      else manifest.links.push({ path: entry.path, target: entry.target });
    }
  }
  return manifest;
}

type Entry = { kind: 'file'; path: string } | { kind: 'link'; path: string; target: string };

/** Regular files and links below a directory of the node; sockets, FIFOs and devices hold nothing to bring back. */
async function* walk(root: Root, directory: string): AsyncGenerator<Entry> {
  const entries = await readdir(await followLinks(root, directory), { withFileTypes: true }).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(root, path);
    else if (entry.isFile()) yield { kind: 'file', path };
    else if (entry.isSymbolicLink()) yield { kind: 'link', path, target: await readlink(root.at(path)) };
  }
}

async function writeSynced(
  path: string,
  content: string | Buffer,
  facts: { mode: number; uid?: number; gid?: number; like?: string },
): Promise<void> {
  const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await handle.writeFile(content);
    if (facts.uid !== undefined && facts.gid !== undefined) await giveTo(handle, facts.uid, facts.gid);
    await handle.chmod(facts.mode);
    if (facts.like !== undefined) await handle.chmod(await modeLike(facts.like, handle, facts.mode));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Without root (a node image under a root prefix) a foreign owner is kept in the manifest only. */
async function giveTo(handle: FileHandle, uid: number, gid: number): Promise<void> {
  await handle.chown(uid, gid).catch((error: unknown) => {
    if (errorCode(error) !== 'EPERM' || process.getuid?.() === 0) throw error;
  });
}

async function syncTree(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true }))
    if (entry.isDirectory()) await syncTree(join(directory, entry.name));
  await syncDirectory(directory);
}

function asBackupError(error: unknown, directory: string): CertagentError {
  if (error instanceof CertagentError && error.code === 'BACKUP_PLACE') return error;
  if (['ENOSPC', 'EDQUOT'].includes(errorCode(error)))
    return new CertagentError('NO_SPACE', `the backup does not fit on the disk of ${directory}`, {
      cause: error,
      remedy: `Free space there, or keep fewer backups; nothing was changed on the node.`,
    });
  return new CertagentError('BACKUP_FAILED', `the backup in ${directory} could not be made`, {
    cause: error,
    remedy: 'Nothing was changed on the node; see the cause and run "certagent renew" again.',
  });
}
