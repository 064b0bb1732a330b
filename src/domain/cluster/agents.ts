import type { Instant } from '../model/certificate.ts';
import { HOUR, MINUTE } from '../time/duration.ts';

/** Over so long the agents of a cluster are spread, each at its own moment of it. */
const SPREAD = HOUR;
/** How long after its moment an agent still begins. */
const BEGINS_WITHIN = 5 * MINUTE;

/**
 * Agents and workers have no credentials for a Lease. In the maintenance window the node's share of it spreads them already; what
 * is urgent, or asked for everywhere at once, waits for the node's own minute of the hour. null: now.
 */
export function agentTurn(share: number, now: Instant): Instant | null {
  const start = Math.floor(now / SPREAD) * SPREAD + Math.floor(share * (SPREAD - BEGINS_WITHIN));
  if (now >= start && now < start + BEGINS_WITHIN) return null;
  return now < start ? start : start + SPREAD;
}
