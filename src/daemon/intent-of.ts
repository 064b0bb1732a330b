import { agentTurn } from '../domain/cluster/agents.ts';
import { disruptionOf } from '../domain/cluster/disruption.ts';
import { type Intent, isLastResort } from '../domain/cluster/intent.ts';
import { slotOf } from '../domain/cluster/slots.ts';
import { isDownByLeaves } from '../domain/decide/broken-leaves.ts';
import type { DecideRequest } from '../domain/decide/certificate-check.ts';
import { roleOf } from '../domain/distributions/index.ts';
import type { Instant } from '../domain/model/certificate.ts';
import type { RenewalPlan } from '../domain/model/plan.ts';
import { stableShare } from './node-policy.ts';
import type { View } from './view.ts';

/** What the node is about to do to its cluster. `accepts`: a person accepts seconds without quorum. */
export function intentOf(plan: RenewalPlan, { inventory, policy }: View, { accepts }: { accepts: boolean }): Intent {
  return {
    phase: 'wants',
    disruption: disruptionOf(plan),
    isUrgent: accepts || isLast(plan, inventory),
    hasExpired: plan.oldExpired,
    isKeptDown: isDownByLeaves(inventory, policy),
    recovers: false,
    slot: slotOf(plan.distribution),
  };
}

function isLast(plan: RenewalPlan, { certificates, takenAt }: View['inventory']): boolean {
  const renewed = certificates
    .filter(({ id }) => plan.certificates.includes(id))
    .map(({ certificate: { notAfter, notBefore } }) => ({ notAfter, lifetime: notAfter - notBefore }));
  return isLastResort(renewed, takenAt);
}

/** Of a plan that a killed process left: nothing is known of the node but the plan. */
export function intentToRecover(plan: RenewalPlan): Intent {
  return {
    phase: 'wants',
    disruption: disruptionOf(plan),
    isUrgent: plan.oldExpired,
    hasExpired: plan.oldExpired,
    isKeptDown: false,
    recovers: true,
    slot: slotOf(plan.distribution),
  };
}

export const idle = (intent: Intent): Intent => ({ ...intent, phase: 'idle' });
export const running = (intent: Intent): Intent => ({ ...intent, phase: 'runs' });

/**
 * When the turn of an agent or a worker comes, which has no credentials for a Lease; null: now. In the maintenance window its share
 * of that spreads it, a person who asks waits for nothing, nor does a plan that restarts nothing, or a node that is down or whose
 * certificates expire in days.
 */
export function momentOfAgent(
  plan: RenewalPlan,
  { inventory, decisions }: View,
  request: DecideRequest,
): Instant | null {
  const { node, takenAt } = inventory;
  const { renewal } = decisions;
  const isSpread = renewal.kind === 'now' && renewal.outsideMaintenance !== true;
  if (roleOf(node)?.takesTurns === true || isSpread || request.kind === 'manual') return null;
  if (plan.oldExpired || isLast(plan, inventory) || restartsNothing(plan)) return null;
  return agentTurn(stableShare(node.name, 'agent'), takenAt);
}

/** A kubelet is not missed by other nodes, but pods on this one are not started meanwhile. */
function restartsNothing(plan: RenewalPlan): boolean {
  return disruptionOf(plan).kind === 'none' && plan.steps.every(({ kind }) => kind !== 'restart-kubelet');
}
