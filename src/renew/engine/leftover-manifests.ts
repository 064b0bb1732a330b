import { dirname } from 'node:path';
import type { RenewalPlan } from '../../domain/model/plan.ts';
import { removeTemporaries } from '../../host/files.ts';
import type { Root } from '../../host/root.ts';
import { removePartials } from '../backup/backup.ts';
import { fileOfManifest } from '../steps/link.ts';
import { backupOf, cyclesOf } from './step-context.ts';

/**
 * Removes what a killed agent left half-written: temporary files, and backups that did not become whole or were about to
 * be removed. Both can hold private keys. Only where this plan writes, and only what has these names.
 */
export async function removeLeftovers(root: Root, plan: RenewalPlan): Promise<void> {
  for (const directory of directoriesOf(plan)) await removeTemporaries(root.at(directory));
  for (const { manifest } of cyclesOf(plan)) {
    const file = await fileOfManifest(root, manifest).catch(() => null);
    if (file !== null) await removeTemporaries(dirname(file));
  }
  const backup = backupOf(plan);
  if (backup !== null) await removePartials(dirname(root.at(backup))).catch(() => {});
}

function directoriesOf(plan: RenewalPlan): Set<string> {
  const directories = new Set<string>();
  for (const step of plan.steps) {
    if (step.kind === 'kubeadm-renew') for (const path of step.writes) directories.add(dirname(path));
    if (step.kind === 'backup') {
      for (const path of step.files) directories.add(dirname(path));
      for (const directory of step.directories) directories.add(directory);
    }
  }
  // An annotated manifest's temporary file lies beside the manifests directory.
  for (const { manifest } of cyclesOf(plan)) directories.add(dirname(manifest)).add(dirname(dirname(manifest)));
  return directories;
}
