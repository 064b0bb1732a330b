import { setTimeout as sleep } from 'node:timers/promises';
import { asItsLogSays, startReason, waitsForItself } from '../../domain/distributions/start-reasons.ts';
import { CertagentError, errorCode } from '../../domain/model/errors.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { writeAtomic } from '../../host/files.ts';
import { readLeaf } from '../../host/leaf.ts';
import type { Root } from '../../host/root.ts';
import { isStarting, restartUnit, unitState } from '../../host/systemd.ts';
import { journalOfStart } from '../../host/unit-journal.ts';
import type { StepContext } from '../steps/actor.ts';
import { resumedStart } from './resumed-start.ts';

type RestartUnitStep = StepOf<'restart-unit'>;
type Listener = NonNullable<RestartUnitStep['listener']>;

/**
 * Restarts the unit. A start that hangs because it waits for its own expired listener is replaced, once, by one that
 * issues the listener's certificate again. Every other start that is slow is left alone: it may wait for other servers, a
 * database or a slow disk. Returns whether a second start was necessary. Throws CertagentError UNIT_RESTART_FAILED or
 * UNIT_RESTART_TIMEOUT, with the reason that the log of this start gives.
 */
export async function restartOrHeal(step: RestartUnitStep, context: StepContext): Promise<{ healed: boolean }> {
  const { root } = context;
  const [waiting, restart] = [new AbortController(), new AbortController()];
  // Before the restart begins: read later, it could be the start that hangs.
  const previous = await previousStart(step, context);
  const watching = watchForHang(step, context, previous, waiting.signal).then((hangs) => {
    if (hangs) restart.abort();
    return hangs;
  });
  const failure = await restartOnce(step, context, restart.signal).then(
    () => null,
    (error: unknown) => error,
  );
  waiting.abort();
  const hung = await watching;
  if (failure === null) return { healed: false };
  if (!hung || step.listener === undefined) throw await withReason(root, step.unit, failure);
  await writeAtomic(root.at(step.listener.trigger), '', { mode: 0o600 });
  // One command for both: should certagent be killed now, systemd still starts the unit again.
  await restartUnit(root, step.unit, step.limit).catch(async (error: unknown) => {
    throw await withReason(root, step.unit, error);
  });
  return { healed: true };
}

async function restartOnce(step: RestartUnitStep, context: StepContext, hangs: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([hangs, ...(context.signal === undefined ? [] : [context.signal])]);
  if (!(await resumedStart(step, { ...context, signal })))
    await restartUnit(context.root, step.unit, step.limit, hangs);
}

/** The same error, with what the log of the unit's last start says of the reason, where that is known. */
export async function withReason(root: Root, unit: string, error: unknown): Promise<unknown> {
  const reason = await reasonOfStart(root, unit).catch(() => null);
  if (reason === null || !(error instanceof CertagentError)) return error;
  return CertagentError.relayed(errorCode(error), `${error.message}; ${asItsLogSays(reason)}`, {
    remedy: reason.remedy,
    cause: error.cause,
  });
}

export async function isExpired({ root, now }: StepContext, { path }: Listener): Promise<boolean> {
  return readLeaf(root, path).then(
    ({ certificate }) => certificate.notAfter < now(),
    () => false,
  );
}

/** In intervals: a start that hangs repeats its complaint every two seconds. */
const LOOK_AGAIN = 8;

/** The unit's last start, which is not ours; null: none is known. Of a step that goes on, the start under way is its own. */
async function previousStart({ listener, unit }: RestartUnitStep, { root, resumed }: StepContext) {
  if (listener === undefined || resumed === true) return null;
  return (await unitState(root, unit).catch(() => null))?.invocation ?? null;
}

/** True as soon as a start of ours hangs on its listener and may be healed; false when `signal` is aborted before. */
async function watchForHang(
  step: RestartUnitStep,
  context: StepContext,
  previous: string | null,
  signal: AbortSignal,
): Promise<boolean> {
  const { listener } = step;
  // A listener that is valid now and expires meanwhile is healed by the next renewal.
  if (listener === undefined || !(await isExpired(context, listener))) return false;
  while (!signal.aborted) {
    await sleep(LOOK_AGAIN * context.pollInterval, undefined, { signal }).catch(() => {});
    if (signal.aborted || context.signal?.aborted === true) break;
    if (await hangsOnItself(step, context, previous).catch(() => false))
      return (await context.mayHeal?.()) === true && (await isExpired(context, listener));
  }
  return false;
}

async function hangsOnItself({ unit }: RestartUnitStep, { root, waiting }: StepContext, previous: string | null) {
  const state = await unitState(root, unit);
  if (!isStarting(state) || state.invocation === null || state.invocation === previous) return false;
  const reason = startReason(await journalOfStart(root, state.invocation));
  if (reason !== null) waiting(`for ${unit} to start; ${asItsLogSays(reason)}`);
  return waitsForItself(reason);
}

async function reasonOfStart(root: Root, unit: string) {
  return startReason(await journalOfStart(root, (await unitState(root, unit)).invocation));
}
