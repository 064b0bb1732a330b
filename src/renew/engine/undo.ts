import { CertagentError } from '../../domain/model/errors.ts';
import type { Undo } from '../../domain/model/journal.ts';
import type { Step } from '../../domain/model/plan.ts';
import { restartUnit } from '../../host/systemd.ts';
import { changedAuthorities } from '../backup/authorities.ts';
import { readManifest } from '../backup/backup-manifest.ts';
import { restore } from '../backup/restore.ts';
import { act } from '../steps/act.ts';
import { returnManifest } from '../steps/cycle.ts';
import { backupOf, type StepContext } from './step-context.ts';

/** An undo has two parts, done in two rounds: first all files of all steps, then what makes processes load them. */
export async function filePart(registered: Undo, { root }: StepContext): Promise<Undo | null> {
  switch (registered.kind) {
    case 'restore':
    case 'return-manifest':
      return registered;
    case 'restart-unit': {
      const { files, links } = await readManifest(root.at(registered.backup));
      return { kind: 'restore', backup: registered.backup, files: [...files, ...links].map(({ path }) => path) };
    }
    case 'cycle':
    case 'nothing':
      return null;
  }
}

/** Returns the paths it changed. */
export async function undoFiles(part: Undo, { root, plan }: StepContext): Promise<string[]> {
  if (part.kind === 'restore') return restore(root, part.backup, part.files);
  if (part.kind !== 'return-manifest' || (await returnManifest(root, part.from, part.manifest))) return [];
  // Somebody took it away from both places.
  const backup = backupOf(plan);
  return backup === null ? [] : restore(root, backup, [part.manifest]);
}

/** Makes the process of this step load what is on disk now; null when the step is about none. */
export function loadPart(step: Step, registered: Undo | undefined): Undo | null {
  switch (step.kind) {
    case 'cycle':
      return { kind: 'cycle', step };
    case 'cycle-unless-served':
      return { kind: 'cycle', step: step.cycle };
    case 'restart-unit':
      return registered?.kind === 'restart-unit' ? registered : null;
    default:
      return null;
  }
}

/** Returns a detail for a person. */
export async function load(part: Undo, step: Step, context: StepContext): Promise<string> {
  if (part.kind === 'restart-unit') return restartWithOldFiles(part, context);
  // etcd, once more, only where it does not serve the file by itself.
  return act(step, context);
}

async function restartWithOldFiles(
  { backup, unit }: Extract<Undo, { kind: 'restart-unit' }>,
  context: StepContext,
): Promise<string> {
  const { root, plan } = context;
  const limit = Math.max(...plan.steps.map((step) => (step.kind === 'restart-unit' ? step.limit : 0)));
  await restartUnit(root, unit, limit);
  if ((await changedAuthorities(root, backup)).length > 0) {
    // A further start would do the same: then at least the files are the old ones when a person comes to look.
    await restore(root, backup, null);
    throw new CertagentError('CA_CHANGED', `${unit} made new CAs once more; the files were put back again`);
  }
  const ready = plan.steps.find((step) => step.kind === 'await-ready');
  return ready === undefined ? 'restarted' : act(ready, context);
}
