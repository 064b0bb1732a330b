import type { Config } from '../../config/schema.ts';
import type { Instant } from '../../domain/model/certificate.ts';
import type { Blocker } from '../../domain/model/decision.ts';
import type { DoctorResult } from '../../domain/model/diagnosis.ts';
import { CertagentError, explain } from '../../domain/model/errors.ts';
import type { Root } from '../../host/root.ts';
import type { View } from '../view.ts';

/** What one check reports, at least one. */
export type Finding = Omit<DoctorResult, 'check'>;

/** The node as it is now, and what configures certagent. */
export type Examined = {
  root: Root;
  configFile: string;
  config: Config;
  view: View;
  /** What would forbid a renewal of everything that certagent renews on this node, by the rules that decide. */
  blockers: Blocker[];
  now: Instant;
};

/** `title` follows "Checking"; `limit` in milliseconds, for the whole check. It changes nothing. */
export type Check = { title: string; limit: number; run(known: Examined): Promise<Finding[]> };

export const ok = (what: string): Finding => ({ state: 'ok', what, remedy: null });
export const warning = (what: string, remedy: string | null): Finding => ({ state: 'warning', what, remedy });
export const fails = (what: string, remedy: string | null): Finding => ({ state: 'fails', what, remedy });

/** What was thrown, as a finding. */
export function failure(error: unknown): Finding {
  return fails(explain(error), error instanceof CertagentError ? (error.remedy ?? null) : null);
}

/** The blockers of these codes, else `good`. */
export function blockedBy(
  codes: readonly Blocker['code'][],
  { blockers }: Pick<Examined, 'blockers'>,
  good: Finding[],
): Finding[] {
  const found = blockers.filter(({ code }) => codes.includes(code));
  return found.length === 0 ? good : found.map(({ why, remedy }) => fails(why, remedy));
}
