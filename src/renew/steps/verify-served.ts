import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { day } from '../../domain/time/day.ts';
import { number, object, tag } from '../../host/shape.ts';
import { untilServed } from '../verify/served.ts';
import { neverDone, noFiles, noUndo, type StepActor, type StepContext } from './actor.ts';
import { servedEndpoints } from './step-shapes.ts';

export const verifyServed: StepActor<StepOf<'verify-served'>> = {
  schema: object({ kind: tag('verify-served'), endpoints: servedEndpoints, limit: number }),
  writes: noFiles,
  undo: noUndo,
  isDone: neverDone,
  act,
};

/** Waits until each endpoint serves the leaf on disk. Throws CertagentError SERVED_STALE or SERVED_UNREACHABLE. */
async function act(step: StepOf<'verify-served'>, context: StepContext): Promise<string> {
  const answer = await untilServed(step.endpoints, step.limit, context);
  if (!(answer instanceof Map)) throw answer;
  return step.endpoints
    .map(({ name, path }) => `${name} serves the one that expires ${day(answer.get(path) ?? 0)}`)
    .join(', ');
}
