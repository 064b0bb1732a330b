import { lstat, mkdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import type { CycleStep } from '../../domain/model/plan.ts';
import { type FileFacts, readSmall, syncDirectory, writeAtomic } from '../../host/files.ts';
import { findProcesses, isRunning, type Process } from '../../host/processes.ts';
import { type Root, STATE_DIR } from '../../host/root.ts';
import type { StepContext } from '../engine/step-context.ts';
import { stopwatch, until } from '../engine/wait.ts';
import { annotate } from './annotation.ts';
import { awaitComponent } from './component.ts';
import { fileOfManifest } from './link.ts';

/**
 * Makes the kubelet replace a static pod, and waits until another process is there, the one of before gone, and the
 * component healthy. Returns the detail for a person. Throws CertagentError COMPONENT_NOT_BACK, MANIFEST_MISSING,
 * BAD_MANIFEST …
 */
export async function cycle(step: CycleStep, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  const before = await findProcesses(step.component, step.processArguments);
  if (step.method === 'annotate') await changeAnnotation(step, context);
  else await moveOutAndBack(step, context, before);
  await awaitComponent(step, before, context);
  return `back after ${elapsed()}`;
}

/** Where a manifest waits while it is out, with the method "move". */
export function placeOfMoved(step: CycleStep): string {
  return join(STATE_DIR, 'moved', basename(step.manifest));
}

/**
 * The manifest is never absent and never half-written: a crash at any moment loses nothing. The annotation makes it a new
 * pod, so the kubelet's back-off of earlier crashes does not apply.
 */
async function changeAnnotation(step: CycleStep, { root, now }: StepContext): Promise<void> {
  const { bytes, facts } = await readManifestFile(root, step);
  const path = await fileOfManifest(root, step.manifest);
  let text: string;
  try {
    text = annotate(bytes.toString('utf8'), new Date(now()).toISOString());
  } catch (cause) {
    throw CertagentError.relayed(errorCode(cause), `the manifest ${step.manifest} cannot be annotated`, {
      cause,
      ...(cause instanceof CertagentError && cause.remedy !== undefined ? { remedy: cause.remedy } : {}),
    });
  }
  if (path === root.at(step.manifest)) return replaceManifest(path, text, facts);
  // Where a link leads nothing is run as a pod, and only that directory is known to be writable.
  const { mode, uid, gid } = facts;
  await writeAtomic(path, text, { mode, uid, gid });
}

/** The temporary file lies outside of the manifests directory where that is the same file system, else it is a dot-file. */
async function replaceManifest(path: string, content: string | Buffer, facts: FileFacts): Promise<void> {
  const { mode, uid, gid } = facts;
  const outside = dirname(dirname(path));
  if ((await stat(outside)).dev === (await stat(dirname(path))).dev) {
    try {
      await writeAtomic(path, content, { mode, uid, gid, via: outside });
      return;
    } catch (error) {
      // A bind mount has the same device number and refuses the rename all the same.
      if (errorCode(error) !== 'EXDEV') throw error;
    }
  }
  await writeAtomic(path, content, { mode, uid, gid });
}

/** Where an earlier try (of a killed agent) has moved it out, it goes on from there. */
async function moveOutAndBack(step: CycleStep, context: StepContext, before: Process[]): Promise<void> {
  const { root } = context;
  const away = root.at(placeOfMoved(step));
  const home = root.at(step.manifest);
  if (await isThere(home)) await moveAcross(home, away);
  const gone = await until(
    async () => {
      const left = (await Promise.all(before.map(isRunning))).filter(Boolean).length;
      return left === 0 ? {} : `for the kubelet to end ${step.component}`;
    },
    { limit: step.limit, interval: context.pollInterval, waiting: context.waiting },
  );
  await returnManifest(root, placeOfMoved(step), step.manifest);
  if (typeof gone === 'string') {
    throw new CertagentError('COMPONENT_NOT_ENDED', `${step.component} did not end within ${step.limit / 1000} s`, {
      remedy: 'See whether the kubelet works: systemctl status kubelet. The manifest is back in its place.',
    });
  }
}

/** Puts a manifest that is out back in its place. False when it is in neither place. */
export async function returnManifest(root: Root, from: string, manifest: string): Promise<boolean> {
  const away = root.at(from);
  const home = root.at(manifest);
  if (!(await isThere(away))) return isThere(home);
  if (await isThere(home)) await rm(away);
  else await moveAcross(away, home);
  return true;
}

/**
 * By rename; across file systems by a synced copy with mode and owner, renamed into place, before the first is removed.
 * A link is moved itself.
 */
async function moveAcross(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await rename(from, to);
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    const target = await readlink(from).catch(() => null);
    if (target === null) {
      const { bytes, facts } = await readSmall(from);
      await replaceManifest(to, bytes, facts);
    } else {
      await rm(to, { force: true });
      await symlink(target, to);
    }
    await rm(from);
  }
  await syncDirectory(dirname(to));
  await syncDirectory(dirname(from));
}

export async function readManifestFile(root: Root, step: CycleStep): Promise<{ bytes: Buffer; facts: FileFacts }> {
  try {
    return await readSmall(root.at(step.manifest));
  } catch (cause) {
    throw new CertagentError('MANIFEST_MISSING', `the manifest ${step.manifest} cannot be read`, { cause });
  }
}

/** A relative link leads nowhere while it is out. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
