import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import { writeAtomic } from '../../host/files.ts';
import type { StepContext } from '../steps/actor.ts';
import { annotate } from './annotation.ts';
import { readManifestFile, replaceManifest } from './manifest-file.ts';
import { fileOfManifest } from './manifest-link.ts';

/**
 * The manifest is never absent and never half-written: a crash at any moment loses nothing. The annotation makes it a new
 * pod, so the kubelet's back-off of earlier crashes does not apply.
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
  if (path === root.at(step.manifest)) return replaceManifest(path, text, facts);
  // Where a link leads nothing is run as a pod, and only that directory is known to be writable.
  const { mode, uid, gid } = facts;
  await writeAtomic(path, text, { mode, uid, gid, like: path });
}
