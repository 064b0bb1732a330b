import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { nodePath, object, tag } from '../../host/shape.ts';
import { restoring, type StepActor } from './actor.ts';
import { areInPlace, filesOfPairs, mayPut, type PutWords, pairsShape, putPairs } from './put-pairs.ts';

export const restoreFiles: StepActor<StepOf<'restore-files'>> = {
  schema: object({ kind: tag('restore-files'), backup: nodePath, pairs: pairsShape }),
  writes: ({ pairs }) => filesOfPairs(pairs),
  undo: ({ pairs }, { plan }) => restoring(filesOfPairs(pairs), plan),
  isDone: async ({ pairs }, { root }) => ((await areInPlace(root, pairs)) ? 'restored already' : null),
  act: async ({ backup, pairs }, { root, now }) =>
    `${await putPairs(root, backup, pairs, { now, words: WORDS })} files put back`,
  // A kill leaves each file whole, as it was or restored: the rest can follow.
  mayGoOn: ({ pairs }, { root, now }) => mayPut(root, pairs, now(), WORDS),
};

const WORDS: PutWords = { expired: 'RESTORE_EXPIRED', where: 'in the backup', again: 'certagent restore' };
