import { findBlockers } from '../domain/decide/blockers.ts';
import type { Blocker } from '../domain/model/decision.ts';
import type { Step } from '../domain/model/plan.ts';
import type { Root } from '../host/root.ts';
import type { UnitState } from '../host/systemd.ts';
import { observeOthers } from '../observe/preconditions.ts';
import type { View } from './view.ts';

/** Blockers that come from another program or person. The others a renewal can cause itself: it restarts components. */
const OF_OTHERS = ['UPGRADE_UNDER_WAY', 'UNIT_NOT_RUNNING'];

const OUR_RESTARTS: Step['kind'][] = ['restart-unit', 'restart-kubelet', 'stop-unit'];

/**
 * Asked before each step and each undo: whether another program or person has begun to change
 * the node since `view`. What is asked takes milliseconds: processes and the unit, not the certificates.
 */
export function makeStillHolds(
  root: Root,
  view: () => Promise<View>,
): (step: Step, isStoppedByPlan?: boolean) => Promise<Blocker | null> {
  let known: View | null = null;
  /** The unit as nobody but the plan has left it; null when it did not run then, or systemd did not answer. */
  let left: UnitState | null = null;
  let isOurRestart = false;
  return async (step, isStoppedByPlan = false) => {
    const isFirst = known === null;
    known ??= await view();
    const { inventory, policy, history } = known;
    const { unit, upgradeUnderWay } = await observeOthers(root, inventory);
    if (isFirst || isOurRestart) left = isFirst || unit?.active === true ? unit : null;
    isOurRestart = OUR_RESTARTS.includes(step.kind);
    // A unit that did not even run after the plan's own restart was not stopped by a person.
    const isStopped = !isStoppedByPlan && left !== null && unit?.stopped === true;
    const restarted = whoRestarted(left, unit);
    const { preconditions } = inventory;
    const running =
      preconditions.unit === null ? null : { ...preconditions.unit, active: !isStopped, stopped: isStopped };
    const now = { ...inventory, preconditions: { ...preconditions, upgradeUnderWay, unit: running } };
    const blockers = findBlockers({ inventory: now, ids: [], policy, history, now: inventory.takenAt });
    return blockers.find(({ code }) => OF_OTHERS.includes(code)) ?? restarted;
  };
}

/** A unit that crashes is started again by systemd, which counts that. */
function whoRestarted(before: UnitState | null, now: UnitState | null): Blocker | null {
  if (before === null || now === null || before.mainPid === null || now.mainPid === null) return null;
  if (before.mainPid === now.mainPid || now.restarts > before.restarts) return null;
  return {
    code: 'UNIT_RESTARTED',
    why: `somebody has restarted the unit ${now.name} during the renewal`,
    remedy: `See who changes this node: journalctl -u ${now.name} -n 50.`,
  };
}
