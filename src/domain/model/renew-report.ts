import type { PlanOutcome } from './journal.ts';
import type { PlanReport } from './status.ts';

export const RENEW_SCHEMA = 'certagent.renew/v1';

/**
 * How `certagent renew` ended. `nothing-due`, `blocked` and `running` (another plan is): nothing was changed. `error`: it could not be
 * tried, or its end is not known.
 */
export type RenewResult = PlanOutcome['result'] | 'nothing-due' | 'blocked' | 'running' | 'error';

/** What `certagent renew -o json` prints, whatever happens. A wrong command line alone prints nothing but its error. */
export type RenewReport = Pick<PlanReport, 'at' | 'running' | 'plan' | 'decisions'> & {
  schema: typeof RENEW_SCHEMA;
  /** null: the node could not be asked. */
  node: PlanReport['node'] | null;
  /** The decision about this node, with what blocks it; null: the node could not be asked. */
  renewal: PlanReport['renewal'] | null;
  result: RenewResult;
  /** Of the plan that was carried out; null: none was. */
  planId: string | null;
  /** It failed, and the new certificates stay: the previous ones are of no use. */
  keptNew: boolean;
  granted: PlanOutcome['granted'];
  reported: NonNullable<PlanOutcome['reported']>;
  /** Why it failed, or was not tried. Of `blocked`, the first blocker. */
  error: PlanOutcome['error'];
};

/** What is known before the plan runs. */
export function plannedReport(planned: PlanReport): RenewReport {
  const { renewal, running, plan } = planned;
  const [blocker] = renewal.kind === 'blocked' ? renewal.blockers : [];
  const common = { ...planned, schema: RENEW_SCHEMA, ...NOT_RUN } as const;
  if (running !== null) return { ...common, result: 'running' };
  if (renewal.kind === 'blocked')
    return {
      ...common,
      result: 'blocked',
      error: blocker === undefined ? null : { code: blocker.code, message: blocker.why, remedy: blocker.remedy },
    };
  // Until the plan has ended, this is all that is known of it.
  return { ...common, result: plan === null ? 'nothing-due' : 'error' };
}

/** After the plan ended. null: at its turn, nothing was due any more. */
export function endedReport(report: RenewReport, outcome: PlanOutcome | null): RenewReport {
  if (outcome === null) return { ...report, result: 'nothing-due' };
  const { planId, result, keptNew, granted, reported = [], error } = outcome;
  return { ...report, planId, result, keptNew, granted, reported, error };
}

/** After an error. `known`: the report so far; null: the node could not be asked. */
export function brokenReport(
  known: RenewReport | null,
  at: number,
  error: NonNullable<RenewReport['error']>,
): RenewReport {
  const result = error.code === 'RENEWAL_BLOCKED' ? 'blocked' : 'error';
  if (known !== null) return { ...known, result, error };
  const unasked = { node: null, renewal: null, running: null, plan: null, decisions: [] };
  return { schema: RENEW_SCHEMA, at, ...unasked, ...NOT_RUN, result, error };
}

const NOT_RUN = { planId: null, keptNew: false, granted: [], reported: [], error: null };
