import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import { type FileFacts, writeAtomic } from '../../host/files.ts';
import type { Root } from '../../host/root.ts';
import type { StepContext } from '../steps/actor.ts';
import { annotate } from './annotation.ts';
import { readManifestFile, replaceManifest } from './manifest-file.ts';
import { fileOfManifest } from './manifest-link.ts';

/**
 * The manifest is never absent and never half-written: a crash at any moment loses nothing. The annotation makes it a new
 * pod, so the kubelet's back-off of earlier crashes does not apply. Throws CertagentError MANIFEST_MISSING, MANIFEST_LINK,
 * MANIFEST_CHANGED, BAD_YAML or BAD_MANIFEST.
 */
export async function changeAnnotation(
  step: { manifest: string },
  { root, now }: Pick<StepContext, 'root' | 'now'>,
): Promise<void> {
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
  const unless = () => refuseIfChanged(root, step, { bytes, facts });
  if (path === root.at(step.manifest)) return replaceManifest(path, text, facts, { unless });
  // Where a link leads nothing is run as a pod, and only that directory is known to be writable.
  const { mode, uid, gid } = facts;
  await writeAtomic(path, text, { mode, uid, gid, like: path, unless });
}

/** What an editor saves between our reading and our rename would be lost: only the moment after this is left. */
async function refuseIfChanged(
  root: Root,
  step: { manifest: string },
  before: { bytes: Buffer; facts: FileFacts },
): Promise<void> {
  const now = await readManifestFile(root, step);
  const isSame = (['inode', 'mode', 'uid', 'gid'] as const).every((fact) => now.facts[fact] === before.facts[fact]);
  if (isSame && now.bytes.equals(before.bytes)) return;
  throw new CertagentError('MANIFEST_CHANGED', `somebody changed the manifest ${step.manifest} at the same time`);
}
