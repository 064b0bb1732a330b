import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { nodePath, object, tag } from '../../host/shape.ts';
import { readManifest } from '../backup/backup-manifest.ts';
import { restoring, type StepActor } from './actor.ts';
import { areInPlace, filesOfPairs, mayPut, type PutWords, pairsShape, putPairs } from './put-pairs.ts';

export const installFiles: StepActor<StepOf<'install-files'>> = {
  schema: object({ kind: tag('install-files'), from: nodePath, pairs: pairsShape }),
  writes: ({ pairs }) => filesOfPairs(pairs),
  undo: ({ pairs }, { plan }) => restoring(filesOfPairs(pairs), plan),
  isDone: async ({ pairs }, { root }) => ((await areInPlace(root, pairs)) ? 'installed already' : null),
  act: async ({ from, pairs }, { root, now }) =>
    `${await putPairs(root, from, pairs, { now, words: WORDS })} files written`,
  // As long as what is to be installed is there, a kill leaves nothing that could not be finished.
  mayGoOn: async ({ from, pairs }, { root, now }) => {
    if (await areInPlace(root, pairs)) return true;
    await readManifest(root.at(from));
    return mayPut(root, pairs, now(), WORDS);
  },
};

const WORDS: PutWords = { expired: 'INSTALL_EXPIRED', where: 'to be installed', again: 'certagent install' };
