import { readlink } from 'node:fs/promises';
import type { Undo } from '../../domain/model/journal.ts';
import type { Step } from '../../domain/model/plan.ts';
import { syncFile } from '../../host/files.ts';
import { makeBackup } from '../backup/backup.ts';
import { sha256 } from '../backup/backup-manifest.ts';
import { backupOf, type StepContext } from '../engine/step-context.ts';
import { day } from '../engine/wait.ts';
import { cycle, placeOfMoved, readManifestFile } from './cycle.ts';
import { renewWithKubeadm } from './renew-kubeadm.ts';
import { awaitListener, cycleUnlessServed, verifyServed } from './served.ts';
import { awaitReady, refuseChangedAuthorities, restart } from './unit.ts';
import { checkRenewed } from './verify.ts';

type Of<Kind extends Step['kind']> = Extract<Step, { kind: Kind }>;

/**
 * What each kind of step does. `undo` is computed and journalled before `act`; `act` does the step unless it is already so,
 * returns a detail for a person, and can be called again after a kill at any moment.
 */
type Actor<Kind extends Step['kind']> = {
  undo: (step: Of<Kind>, context: StepContext) => Promise<Undo> | Undo;
  act: (step: Of<Kind>, context: StepContext) => Promise<string>;
};

const nothing = (): Undo => ({ kind: 'nothing' });

const actors: { [Kind in Step['kind']]: Actor<Kind> } = {
  backup: { undo: nothing, act: makeBackup },
  'kubeadm-renew': {
    undo: (step, { plan }) => {
      const backup = backupOf(plan);
      return backup === null ? { kind: 'nothing' } : { kind: 'restore', backup, files: step.writes };
    },
    act: renewWithKubeadm,
  },
  'verify-files': { undo: nothing, act: verifyFiles },
  'cycle-unless-served': { undo: (step, context) => undoOfCycle(step.cycle, context), act: cycleUnlessServed },
  cycle: { undo: undoOfCycle, act: cycle },
  'verify-served': { undo: nothing, act: verifyServed },
  'restart-unit': {
    undo: (step, { plan }) => {
      const backup = backupOf(plan);
      return backup === null ? { kind: 'nothing' } : { kind: 'restart-unit', unit: step.unit, backup };
    },
    act: restart,
  },
  'await-ready': { undo: nothing, act: awaitReady },
  'await-listener': { undo: nothing, act: awaitListener },
};

export async function undoOf(step: Step, context: StepContext): Promise<Undo> {
  return (actors[step.kind] as Actor<Step['kind']>).undo(step as never, context);
}

export async function act(step: Step, context: StepContext): Promise<string> {
  return (actors[step.kind] as Actor<Step['kind']>).act(step as never, context);
}

async function undoOfCycle(step: Of<'cycle'>, { root }: StepContext): Promise<Undo> {
  if (step.method === 'annotate') return { kind: 'cycle', step };
  const from = placeOfMoved(step);
  // Still out from an earlier try: the checksum is that of the file where it waits, of a link that of where it leads.
  const content = await readManifestFile(root, step)
    .catch(() => readManifestFile(root, { ...step, manifest: from }))
    .then(({ bytes }) => bytes)
    .catch((error) => readlink(root.at(from)).then(Buffer.from, () => Promise.reject(error)));
  return { kind: 'return-manifest', from, manifest: step.manifest, sha256: sha256(content) };
}

async function verifyFiles(step: Of<'verify-files'>, context: StepContext): Promise<string> {
  const ends: number[] = [];
  for (const expect of step.expect) {
    ends.push((await checkRenewed(context.root, expect)).notAfter);
    // kubeadm and K3s leave that to chance: a power loss a little later would leave empty files.
    for (const path of new Set([expect.path, expect.keyPath])) await syncFile(context.root.at(path));
  }
  const backup = backupOf(context.plan);
  if (backup !== null) await refuseChangedAuthorities(context, backup);
  if (ends.length === 0) return 'nothing to verify';
  const noun = ends.length === 1 ? 'certificate' : 'certificates';
  return `${ends.length} ${noun}, the first ends ${day(Math.min(...ends))}`;
}
