import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { list, nodePath, object, tag } from '../../host/shape.ts';
import { makeBackup } from '../backup/make-backup.ts';
import { neverDone, noFiles, noUndo, type StepActor } from './actor.ts';

/** Made anew by a second run: what it holds is what the node has before anything is changed. */
export const backup: StepActor<StepOf<'backup'>> = {
  schema: object({ kind: tag('backup'), directory: nodePath, files: list(nodePath), directories: list(nodePath) }),
  writes: noFiles,
  undo: noUndo,
  isDone: neverDone,
  act: makeBackup,
};
