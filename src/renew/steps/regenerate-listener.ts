import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { writeAtomic } from '../../host/files.ts';
import { nodePath, object, tag } from '../../host/shape.ts';
import { neverDone, restoring, type StepActor, type StepContext } from './actor.ts';

type Data = StepOf<'regenerate-listener'>;

export const regenerateListener: StepActor<Data> = {
  schema: object({ kind: tag('regenerate-listener'), path: nodePath }),
  writes: ({ path }) => [path],
  /** The backup knows that it was not there. */
  undo: ({ path }, { plan }) => restoring([path], plan),
  // A start that has taken the file may have been cut short: then it is needed once more.
  isDone: neverDone,
  act,
};

async function act({ path }: Data, { root }: StepContext): Promise<string> {
  await writeAtomic(root.at(path), '', { mode: 0o600 });
  return 'created';
}
