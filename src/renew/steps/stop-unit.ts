import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { number, object, tag, text } from '../../host/shape.ts';
import { stopUnit as stopByName, unitState } from '../../host/systemd.ts';
import { stopwatch } from '../wait.ts';
import { noFiles, type StepActor, type StepContext } from './actor.ts';

export const stopUnit: StepActor<StepOf<'stop-unit'>> = {
  schema: object({ kind: tag('stop-unit'), unit: text, limit: number }),
  writes: noFiles,
  undo: ({ unit, limit }) => ({ kind: 'start-unit', unit, limit }),
  isDone: async ({ unit }, { root }) => ((await unitState(root, unit)).stopped ? 'stopped already' : null),
  act,
  reload: (_step, registered) => (registered?.kind === 'start-unit' ? registered : null),
};

/** Throws CertagentError UNIT_STOP_FAILED. */
async function act({ unit, limit }: StepOf<'stop-unit'>, { root }: StepContext): Promise<string> {
  const elapsed = stopwatch();
  await stopByName(root, unit, limit);
  return `stopped in ${elapsed()}`;
}
