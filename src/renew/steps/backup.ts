import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { list, nodePath, object, tag } from '../../host/shape.ts';
import { makeBackup } from '../backup/make-backup.ts';
import { neverDone, noFiles, noUndo, type StepActor } from './actor.ts';

/** A second run makes it again: nothing on the node has changed yet. */
export const backup: StepActor<StepOf<'backup'>> = {
  schema: object({ kind: tag('backup'), directory: nodePath, files: list(nodePath), directories: list(nodePath) }),
  writes: noFiles,
  undo: noUndo,
  isDone: neverDone,
  act: makeBackup,
};
