import type { Config } from '../config/schema.ts';
import type { DecideRequest } from '../domain/decide/certificate-check.ts';
import type { Progress } from '../domain/model/journal.ts';
import { REHEARSAL_SCHEMA, type RehearsalReport } from '../domain/model/rehearsal-report.ts';
import type { RenewRequest } from '../domain/model/status.ts';
import { describeStep } from '../domain/plan/describe.ts';
import { makeRehearsal } from '../domain/plan/planner.ts';
import type { RenewContext } from '../renew/engine/renew-context.ts';
import { rehearseWithCure } from '../renew/rehearsal/with-cure.ts';
import { planSettingsOf } from './node-policy.ts';
import { decideOn, type Observed } from './view.ts';

/** A person's request, as the rules want it. */
export const asked = ({ force, only }: RenewRequest): DecideRequest =>
  only === undefined ? { kind: 'manual', force } : { kind: 'manual', force, only };

/** Tries on copies what a renewal would do now. The mode and what blocks the renewal do not matter: nothing of the node is changed. */
export async function rehearseNode(
  observe: (request: DecideRequest) => Promise<Observed>,
  request: RenewRequest,
  context: Pick<RenewContext, 'root' | 'now' | 'signal' | 'pollInterval' | 'progress'> & { config: Config },
): Promise<RehearsalReport> {
  const { root, now, signal, pollInterval = 250, progress, config } = context;
  const observed = await observe(asked(request));
  const { inventory, history, policy } = observed;
  const { decisions } = decideOn({ ...observed, policy: { ...policy, mode: 'renew' } }, asked(request));
  const at = inventory.takenAt;
  const report = { schema: REHEARSAL_SCHEMA, at, node: inventory.node, renewal: decisions.renewal } as const;
  const settings = planSettingsOf(config);
  const found = makeRehearsal({ inventory, decisions, history, settings, planId: PLAN, now: at });
  if (found.step === null) return { ...report, ...found };
  const { step } = found;
  const show = (state: Progress['state'], detail = '') =>
    progress({ planId: PLAN, step: 0, steps: 1, title: describeStep(step, {}), state, detail });
  show('started');
  const waiting = (detail: string) => show('waiting', detail);
  const rehearsed = await rehearseWithCure(root, step, { now, pollInterval, waiting, signal });
  show('done');
  return { ...report, step, ...rehearsed };
}

const PLAN = 'rehearsal';
