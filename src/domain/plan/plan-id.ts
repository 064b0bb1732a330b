import type { Instant } from '../model/certificate.ts';
import type { History } from '../model/decision.ts';

/**
 * The name of a plan that is made at `now`, and of its backup: sorts by time and reads as a time in UTC. Journal records are
 * found by it, so no plan of the history has it: after a kill the next plan can be made within the same second.
 */
export function planIdAt(now: Instant, { attempts }: History): string {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const taken = new Set(attempts.map(({ planId }) => planId));
  let id = time;
  for (let n = 2; taken.has(id); n += 1) id = `${time}-${n}`;
  return id;
}
