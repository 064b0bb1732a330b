import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { writeAtomic } from '../../host/files.ts';
import { nodePath, object, optional, tag } from '../../host/shape.ts';
import { restoring, type StepActor, type StepContext } from './actor.ts';

type Data = StepOf<'regenerate-listener'>;

export const regenerateListener: StepActor<Data> = {
  schema: object({ kind: tag('regenerate-listener'), path: nodePath, asRehearsed: optional(tag(true)) }),
  writes: ({ path }) => [path],
  /** The backup knows that it was not there. */
  undo: ({ path }, { plan }) => restoring([path], plan),
  // A start that has taken the file may have been cut short: then it is needed once more.
  isDone: async ({ asRehearsed }, { learnt }) =>
    asRehearsed === true && learnt?.has('listener-needs-no-trigger') === true
      ? 'not needed: the rehearsal came up without it'
      : null,
  act,
};

async function act({ path }: Data, { root }: StepContext): Promise<string> {
  await writeAtomic(root.at(path), '', { mode: 0o600 });
  return 'created';
}
