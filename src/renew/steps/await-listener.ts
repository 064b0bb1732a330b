import { CertagentError } from '../../domain/model/errors.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { day } from '../../domain/time/day.ts';
import { syncFile } from '../../host/files.ts';
import { number, object, tag } from '../../host/shape.ts';
import { compareServed } from '../verify/served.ts';
import { until } from '../wait.ts';
import { neverDone, noFiles, noUndo, type StepActor, type StepContext } from './actor.ts';
import { endpoint, expectation } from './step-shapes.ts';

export const awaitListener: StepActor<StepOf<'await-listener'>> = {
  schema: object({ kind: tag('await-listener'), endpoint, expect: expectation, limit: number }),
  writes: noFiles,
  undo: noUndo,
  isDone: neverDone,
  act,
};

/**
 * The listener's certificate (K3s: port 6443, RKE2: the supervisor's 9345) is renewed only some 30 seconds after the start,
 * and only if somebody connects: so certagent connects again and again until it is new. Throws CertagentError
 * LISTENER_STAYS_OLD.
 */
async function act({ endpoint: at, expect, limit }: StepOf<'await-listener'>, context: StepContext): Promise<string> {
  const address = `${at.host}:${at.port}`;
  const answer = await until(
    async () => {
      const state = await compareServed(context.root, { ...at, path: expect.path });
      if (state.kind !== 'current') return `for ${address}: ${state.detail}`;
      if (expect.old !== null && state.notAfter <= expect.old.notAfter)
        return `for ${address} to renew its certificate, which expires ${day(state.notAfter)}`;
      return state;
    },
    { limit, interval: Math.min(1_000, context.pollInterval * 4), waiting: context.waiting, signal: context.signal },
  );
  if (typeof answer !== 'string') {
    // K3s does not sync it: a power loss a little later would leave an empty file.
    await syncFile(context.root.at(expect.path));
    return `new certificate expires ${day(answer.notAfter)}`;
  }
  throw new CertagentError(
    'LISTENER_STAYS_OLD',
    `the listener's certificate was not renewed within ${limit / 1000} s (waited ${answer})`,
    { remedy: `Restart the unit once more, and connect to ${address} for the minute after that.` },
  );
}
