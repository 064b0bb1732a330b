import { CertagentError } from '../../domain/model/errors.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { askHealth } from '../../host/http.ts';
import type { Root } from '../../host/root.ts';
import { number, object, tag, text } from '../../host/shape.ts';
import { restartUnit, unitState } from '../../host/systemd.ts';
import { stopwatch, untilSteady } from '../wait.ts';
import { neverDone, noFiles, type StepActor, type StepContext } from './actor.ts';
import { health } from './step-shapes.ts';

type RestartKubeletStep = StepOf<'restart-kubelet'>;

/** A second run restarts it again: nothing shows which kubelet.conf a running kubelet has read. */
export const restartKubelet: StepActor<RestartKubeletStep> = {
  schema: object({ kind: tag('restart-kubelet'), unit: text, health, limit: number }),
  writes: noFiles,
  undo: ({ unit, limit }) => ({ kind: 'restart-kubelet', unit, limit }),
  isDone: neverDone,
  act,
  reload: (_step, registered) => (registered?.kind === 'restart-kubelet' ? registered : null),
};

/** In intervals of two looks: a kubelet that cannot use its kubeconfig exits within a second. */
const STAYS = { asked: 8, unasked: 40 };

/** Throws CertagentError UNIT_RESTART_FAILED, UNIT_RESTART_TIMEOUT, SYSTEMCTL_FAILED or KUBELET_NOT_BACK. */
async function act(step: RestartKubeletStep, context: StepContext): Promise<string> {
  const { root, pollInterval, waiting } = context;
  const elapsed = stopwatch();
  await restartUnit(root, step.unit, step.limit);
  const lacking = await untilSteady(() => healthyProcess(root, step), {
    lasting: (step.health === null ? STAYS.unasked : STAYS.asked) * pollInterval,
    otherwise: 'for the kubelet to stay',
    limit: step.limit,
    interval: pollInterval,
    waiting,
  });
  if (lacking === null) return `back after ${elapsed()}`;
  throw new CertagentError(
    'KUBELET_NOT_BACK',
    `the kubelet did not come back within ${step.limit / 1000} s (waited ${lacking})`,
    { remedy: `See its log: journalctl -u ${step.unit} -n 100` },
  );
}

/** The process that runs and answers, or what is waited for. */
async function healthyProcess(
  root: Root,
  { unit, health: check }: RestartKubeletStep,
): Promise<{ process: string } | string> {
  const { active, activeState, mainPid } = await unitState(root, unit);
  if (!active || mainPid === null) return `for ${unit} to be active, it is ${activeState}`;
  const process = { process: String(mainPid) };
  if (check === null) return process;
  const { status, detail } = await askHealth(check, { limit: 3_000 });
  return status === 200 ? process : `for the kubelet to be healthy: ${detail}`;
}
