import { findBlockers } from '../decide/blockers.ts';
import type { ReasonCode } from '../decide/reasons.ts';
import { rulesOfNode } from '../distributions/index.ts';
import type { Instant } from '../model/certificate.ts';
import type { Blocker, Decisions, History, Policy } from '../model/decision.ts';
import type { Inventory } from '../model/inventory.ts';
import type { RenewalPlan } from '../model/plan.ts';
import type { PlanSettings } from '../plan/draft.ts';
import { neighboursOf } from '../plan/neighbours.ts';
import { hasStopped, neighbourInWords } from '../plan/planner.ts';
import { counted } from '../plan/steps/counted.ts';
import type { RestoredPair } from '../plan/steps/restore-files.ts';
import { withHooks } from '../plan/with-hooks.ts';
import { type Accepted, additions } from './judge-answers.ts';
import { requiredOf } from './required.ts';

export type InstallInput = {
  accepted: Accepted[];
  /** What is put in place for each of them. */
  pairs: RestoredPair[];
  /** The directory that holds it. */
  from: string;
  inventory: Inventory;
  decisions: Pick<Decisions, 'certificates'>;
  policy: Policy;
  history: History;
  settings: PlanSettings;
  /** Whether a person asks. */
  byPerson: boolean;
  planId: string;
  now: Instant;
};

/**
 * What forbids to install certificates. kubeadm takes no part in it, so that what it needs does not count; a person may install where
 * certagent only observes, or is paused.
 */
export function installBlockers(
  ids: string[],
  { byPerson, ...known }: Pick<InstallInput, 'inventory' | 'policy' | 'history' | 'now' | 'byPerson'>,
): Blocker[] {
  const counts = byPerson ? ALWAYS : [...ALWAYS, ...AUTOMATIC];
  return findBlockers({ ...known, ids }).filter(({ code }) => counts.includes(code));
}

const ALWAYS: ReasonCode[] = [
  ...(['PLAN_UNFINISHED', 'PLAN_OF_ANOTHER_VERSION', 'CLOCK_DOUBTFUL', 'DISK_FULL'] as const),
  ...(['UNIT_UNKNOWN', 'UNIT_MISSING', 'UNIT_NOT_RUNNING', 'UPGRADE_UNDER_WAY'] as const),
  ...(['CA_ROTATION_UNDER_WAY', 'PROCESSES_HIDDEN', 'PROCESS_UNKNOWN', 'COMPONENT_UNKNOWN'] as const),
  ...(['COMPONENT_UNHEALTHY', 'UNREADABLE_CERTIFICATE'] as const),
];
const AUTOMATIC: ReasonCode[] = ['OBSERVE_MODE', 'PAUSED', 'PAUSED_PAST_EXPIRY'];

/** The installation of accepted certificates as plain data; null where this kind of node has none. */
export function installPlan(input: InstallInput): RenewalPlan | null {
  const { accepted, pairs, from, inventory, decisions, history, settings, byPerson, planId, now } = input;
  const rules = rulesOfNode(inventory.node)?.install;
  if (rules === undefined || accepted.length === 0) return null;
  // What is verified is what was required, not what the CA had added to the previous certificates.
  const renewed = accepted
    .map(({ observed: { certificate, ...rest } }) => ({
      ...rest,
      certificate: { ...certificate, ...requiredOf({ id: rest.id, certificate }, inventory.node) },
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const backup = `${settings.backups}/${planId}`;
  const draft = { inventory, history, settings, renewed, heals: [], backup, isMaintenance: !byPerson };
  const left = settings.neighbours === 'restart' ? [] : neighboursOf(inventory, renewed);
  const warnings = accepted.flatMap(additions);
  return {
    id: planId,
    createdAt: now,
    distribution: inventory.node.distribution!,
    certificates: renewed.map(({ id }) => id),
    why: `${byPerson ? 'a person' : 'the command of external_ca'} gave ${counted(renewed.length, 'signed certificate')}`,
    oldExpired: renewed.some(hasStopped(now)),
    ...(left.length === 0 ? {} : { neighbours: left.map(neighbourInWords) }),
    ...(warnings.length === 0 ? {} : { warnings }),
    steps: withHooks({ inventory, decisions, renewed }, rules.steps(draft, { kind: 'install-files', from, pairs })),
  };
}
