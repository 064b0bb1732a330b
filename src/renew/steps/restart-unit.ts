import { backupOf, expectationsOf } from '../../domain/plan/plan-parts.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { nodePath, number, object, optional, tag, text } from '../../host/shape.ts';
import { unitState } from '../../host/systemd.ts';
import { acceptAuthorities, changedAuthorities } from '../backup/authorities.ts';
import { lastingFiles } from '../backup/lasting-files.ts';
import { whileConnecting } from '../units/connecting.ts';
import { isExpired, restartOrHeal } from '../units/restart-or-heal.ts';
import { whileReporting } from '../units/unit-pods.ts';
import { areSound, renewedCertificate } from '../verify/check-renewed.ts';
import { stopwatch } from '../wait.ts';
import { NOTHING, type StepActor, type StepContext } from './actor.ts';

type RestartUnitStep = StepOf<'restart-unit'>;

export const restartUnit: StepActor<RestartUnitStep> = {
  schema: object({
    kind: tag('restart-unit'),
    unit: text,
    limit: number,
    listener: optional(object({ path: nodePath, trigger: nodePath })),
  }),
  /** The unit writes its leaves at every start, also at an operator's: their checksums would prove nothing. */
  writes: (_step, { root, plan }) => lastingFiles(root, backupOf(plan)),
  undo: ({ unit }, { plan }) => {
    const backup = backupOf(plan);
    return backup === null ? NOTHING : { kind: 'restart-unit', unit, backup };
  },
  isDone: async (step, context) => ((await isRestarted(step, context)) ? 'restarted already' : null),
  act,
  mayGoOn: isSafe,
  reload: (_step, registered) => (registered?.kind === 'restart-unit' ? registered : null),
};

/** Throws CertagentError UNIT_RESTART_FAILED, UNIT_RESTART_TIMEOUT, or CA_CHANGED when the start loaded foreign CAs. */
async function act(step: RestartUnitStep, context: StepContext): Promise<string> {
  const elapsed = stopwatch();
  const { healed } = await whileReporting(context, () => whileConnecting(context, () => restartOrHeal(step, context)));
  const rotated = await acceptAuthorities(context.root, context.plan);
  const notes = [
    ...(healed
      ? [
          `its start waited for its own expired listener, so ${step.listener?.trigger} was created and it was started again`,
        ]
      : []),
    ...(rotated.length === 0 ? [] : [`new CAs that the previous ones have signed: ${rotated.join(', ')}`]),
  ];
  return [`restarted in ${elapsed()}`, ...notes].join('; ');
}

/** After a kill during the restart: it need not be done twice when its certificates are there. */
async function isRestarted({ unit, listener }: RestartUnitStep, context: StepContext): Promise<boolean> {
  const { root, plan } = context;
  // A start that hangs on its listener has renewed its leaves, too.
  if (listener !== undefined && (await isExpired(context, listener)) && !(await unitState(root, unit)).active)
    return false;
  const expected = plan.steps.flatMap((step) => (step.kind === 'verify-files' ? step.expect : []));
  const later = plan.steps.flatMap((step) => (step.kind === 'await-listener' ? [step.expect.id] : []));
  const leaves = expected.filter(({ id, old }) => old !== null && !later.includes(id));
  for (const expect of leaves) if ((await renewedCertificate(root, expect)) === null) return false;
  return leaves.length > 0;
}

/** A restart can be repeated, unless a power loss left a certificate that K3s does not heal. After new CAs nothing else helps. */
async function isSafe(_step: RestartUnitStep, { root, plan }: StepContext): Promise<boolean> {
  const backup = backupOf(plan);
  if (backup !== null && (await changedAuthorities(root, backup)).length > 0) return true;
  return areSound(root, expectationsOf(plan));
}
