import { rulesOf } from '../distributions/index.ts';
import type { BrokenLeaf } from '../model/broken-leaf.ts';
import type { Instant } from '../model/certificate.ts';
import type { Policy } from '../model/decision.ts';
import type { Inventory } from '../model/inventory.ts';
import { automaticMoment } from './automatic-moment.ts';
import type { DecideRequest } from './certificate-check.ts';

/**
 * Broken leaves that a renewal removes with their keys, so that the restart issues them again: only those that a server of
 * this version is known to make, so never a CA, and only regular files.
 */
export function healedLeaves({ node, preconditions }: Inventory, { heal }: Pick<Policy, 'heal'>): BrokenLeaf[] {
  if (!heal || node.distribution === null) return [];
  const made = rulesOf(node.distribution).leavesMadeAtStart?.(node.version) ?? [];
  const leaves = preconditions.hazards.flatMap(({ code, leaf }) =>
    code === 'leaf-garbage' && leaf !== undefined && made.includes(leaf.id) ? [leaf] : [],
  );
  return [...new Map(leaves.map((leaf) => [leaf.id, leaf])).values()];
}

/** Whether they are why the unit does not start: then nothing that works is disturbed by their removal. */
export function isDownByLeaves(inventory: Inventory, policy: Pick<Policy, 'heal'>): boolean {
  const { unit } = inventory.preconditions;
  const isDown = unit?.active === false && unit.start?.reason?.code === 'BROKEN_CERTIFICATE';
  return isDown && healedLeaves(inventory, policy).length > 0;
}

/** When a restart is due for them alone; null: there are none. */
export function healMoment(
  inventory: Inventory,
  policy: Policy,
  request: DecideRequest,
  now: Instant,
): { at: Instant; why: string } | null {
  const leaves = healedLeaves(inventory, policy);
  if (leaves.length === 0) return null;
  const window = { opensAt: now, urgentAt: Number.POSITIVE_INFINITY, wishedAt: now };
  const isNow = request.kind === 'manual' || isDownByLeaves(inventory, policy);
  const names = leaves.map(({ id }) => id).join(', ');
  return {
    at: isNow ? now : automaticMoment({ window, policy }, now),
    why: `broken: ${names}; removed with their keys, so that the restart issues them again`,
  };
}
