import { dirname } from 'node:path';
import type { RenewalPlan } from '../../domain/model/plan.ts';
import { backupOf, restartsOf } from '../../domain/plan/plan-parts.ts';
import { removeTemporaries } from '../../host/files.ts';
import { removePartials } from '../backup/old-backups.ts';
import { fileOfManifest } from '../components/manifest-link.ts';
import { actorOf } from '../steps/actor.ts';
import { type Run, stepContext } from './plan-run.ts';
import type { RenewContext } from './renew-context.ts';

/**
 * Removes what a killed agent left half-written: temporary files, and backups that did not become whole or were about to
 * be removed. Both can hold private keys. Only where this plan writes, and only what has these names.
 */
export async function removeLeftovers(run: Run, context: RenewContext): Promise<void> {
  const { root } = context;
  for (const directory of await directoriesOf(run, context)) await removeTemporaries(root.at(directory));
  for (const { manifest } of restartsOf(run.plan)) {
    const file = await fileOfManifest(root, manifest).catch(() => null);
    if (file !== null) await removeTemporaries(dirname(file));
  }
  const backup = backupOf(run.plan);
  if (backup !== null) await removePartials(dirname(root.at(backup))).catch(() => {});
}

async function directoriesOf(run: Run, context: RenewContext): Promise<Set<string>> {
  const directories = new Set(restoredTo(run.plan));
  for (const [index, step] of run.plan.steps.entries()) {
    const writes = actorOf(context.actors, step).writes(step, stepContext(run, index, context));
    for (const path of await Promise.resolve(writes).catch((): string[] => [])) directories.add(dirname(path));
  }
  // The temporary file of an annotated manifest is beside the manifests directory.
  for (const { manifest } of restartsOf(run.plan)) directories.add(dirname(dirname(manifest)));
  return directories;
}

function restoredTo({ steps }: RenewalPlan): string[] {
  return steps.flatMap((step) =>
    step.kind === 'backup' ? [...step.files.map((path) => dirname(path)), ...step.directories] : [],
  );
}
