import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RenewalPlan } from '../domain/plan.ts';
import type { Root } from '../host/root.ts';

/** As `writeAtomic` names its temporary files. */
const TEMPORARY = /^\.certagent-[0-9a-f]+\.tmp$/;

/**
 * Removes the temporary files of a killed agent: one of a restore holds a private key. Only where this plan writes, and
 * only files of this name; what cannot be looked at is passed over.
 */
export async function removeLeftovers(root: Root, plan: RenewalPlan): Promise<void> {
  for (const directory of directoriesOf(plan)) {
    const names = await readdir(root.at(directory)).catch(() => []);
    for (const name of names.filter((each) => TEMPORARY.test(each)))
      await rm(join(root.at(directory), name), { force: true }).catch(() => {});
  }
}

function directoriesOf(plan: RenewalPlan): Set<string> {
  const directories = new Set<string>();
  for (const step of plan.steps) {
    if (step.kind === 'kubeadm-renew') for (const path of step.writes) directories.add(dirname(path));
    if (step.kind === 'backup') {
      for (const path of step.files) directories.add(dirname(path));
      for (const directory of step.directories) directories.add(directory);
    }
    const cycle = step.kind === 'cycle' ? step : step.kind === 'cycle-unless-served' ? step.cycle : null;
    // An annotated manifest's temporary file lies beside the manifests directory.
    if (cycle !== null) directories.add(dirname(cycle.manifest)).add(dirname(dirname(cycle.manifest)));
  }
  return directories;
}
