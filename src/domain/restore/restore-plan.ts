import { findBlockers } from '../decide/blockers.ts';
import type { ReasonCode } from '../decide/reasons.ts';
import type { Restoring } from '../distributions/distribution.ts';
import { rulesOfNode } from '../distributions/index.ts';
import type { Instant } from '../model/certificate.ts';
import type { Blocker, History, Policy } from '../model/decision.ts';
import type { Inventory } from '../model/inventory.ts';
import type { RenewalPlan } from '../model/plan.ts';
import type { PlanSettings } from '../plan/draft.ts';
import { neighboursOf } from '../plan/neighbours.ts';
import { neighbourInWords } from '../plan/planner.ts';
import { counted } from '../plan/steps/counted.ts';
import { day } from '../time/day.ts';
import { type Choice, choose, type Left } from './choose.ts';
import type { FoundBackup } from './found-backup.ts';
import type { Written } from './written.ts';

export type RestoreInput = {
  backup: FoundBackup;
  inventory: Inventory;
  policy: Policy;
  history: History;
  settings: PlanSettings;
  written: Written;
  planId: string;
  now: Instant;
};

/** `plan` null: nothing would run, because of `blockers`, or because everything is as it was. */
export type RestoreDecision = { plan: RenewalPlan | null; blockers: Blocker[]; left: Left[]; unchanged: string[] };

/** What a restore of one backup would do now. */
export function decideRestore(input: RestoreInput): RestoreDecision {
  const { backup, inventory } = input;
  const rules = rulesOfNode(inventory.node)?.restore;
  if (rules === undefined) return nothing([{ code: 'NOTHING_TO_RESTORE', ...NO_NODE }]);
  if ('refusal' in rules) return nothing([{ code: 'RESTORE_REPLACED', ...rules.refusal }]);
  if (backup.createdAt === null) return nothing([{ code: 'NOTHING_TO_RESTORE', ...unreadable(backup) }]);
  const choice = choose(backup, input);
  const { left, unchanged } = choice;
  const blockers = blockersOf(input, choice);
  if (blockers.length > 0 || choice.restored.length === 0) return { plan: null, blockers, left, unchanged };
  return { plan: planFor(input, choice, rules), blockers, left, unchanged };
}

const nothing = (blockers: Blocker[]): RestoreDecision => ({ plan: null, blockers, left: [], unchanged: [] });

const NO_NODE = {
  why: 'this machine is not a Kubernetes node that certagent knows',
  remedy: 'Copy by hand what you need: the files of a backup are below its directory "files".',
};

const unreadable = ({ directory }: FoundBackup) => ({
  why: `${directory}/manifest.json cannot be read`,
  remedy: `Copy by hand what you need from ${directory}/files, once you have compared it with the node.`,
});

/** What forbids a restore, too. Components may be unhealthy, and kubeadm missing; a person may restore where certagent only observes. */
const OF_RESTORE: ReasonCode[] = [
  ...(['PLAN_UNFINISHED', 'PLAN_OF_ANOTHER_VERSION', 'CLOCK_DOUBTFUL', 'DISK_FULL'] as const),
  ...(['UNIT_UNKNOWN', 'UNIT_MISSING', 'UNIT_NOT_RUNNING', 'UPGRADE_UNDER_WAY'] as const),
  ...(['CA_ROTATION_UNDER_WAY', 'PROCESSES_HIDDEN', 'PROCESS_UNKNOWN', 'COMPONENT_UNKNOWN'] as const),
];

function blockersOf({ backup, ...known }: RestoreInput, { restored, left, unchanged }: Choice): Blocker[] {
  const ids = restored.map(({ pair }) => pair.id);
  const blockers = findBlockers({ ...known, ids }).filter(({ code }) => OF_RESTORE.includes(code));
  if (restored.length > 0 || (left.length === 0 && unchanged.length > 0)) return blockers;
  const [first] = left;
  const why =
    first === undefined
      ? `${backup.directory} holds no certificate that certagent renews`
      : `every file that differs from ${backup.directory} stays as it is: ${first.path}: ${first.why}${left.length === 1 ? '' : `; and ${left.length - 1} more`}`;
  const remedy = `Compare the files with those in ${backup.directory}/files, and copy by hand what you need: a key together with its certificate.`;
  return [...blockers, { code: 'NOTHING_TO_RESTORE', why, remedy }];
}

function planFor(
  { backup, inventory, policy, history, settings, planId, now }: RestoreInput,
  { restored, left }: Choice,
  rules: Restoring,
): RenewalPlan {
  const renewed = restored.map(({ observed }) => observed);
  const pairs = restored.map(({ pair }) => pair);
  const draft = {
    inventory,
    history,
    settings,
    renewed,
    heals: [],
    backup: `${settings.backups}/${planId}`,
    isMaintenance: false,
  };
  const neighbours = settings.neighbours === 'restart' ? [] : neighboursOf(inventory, renewed);
  const warnings = dueAgain(Math.min(...pairs.map(({ notAfter }) => notAfter)), policy, now);
  return {
    id: planId,
    createdAt: now,
    distribution: inventory.node.distribution!,
    certificates: pairs.map(({ id }) => id).sort(),
    why: `a person asked for the backup of ${backup.planId}, made on ${day(backup.createdAt!)}${left.length === 0 ? '' : `; certagent leaves ${counted(left.length, 'file')} as ${left.length === 1 ? 'it is' : 'they are'}`}`,
    restores: backup.planId,
    // What is replaced can be used: a failure brings it back.
    oldExpired: false,
    ...(neighbours.length === 0 ? {} : { neighbours: neighbours.map(neighbourInWords) }),
    ...(warnings.length === 0 ? {} : { warnings }),
    steps: rules.steps(draft, { kind: 'restore-files', backup: backup.directory, pairs }),
  };
}

/** Most backups are made because the certificates in them were due. */
function dueAgain(first: Instant, { mode, opens }: Policy, now: Instant): string[] {
  if (mode !== 'renew' || first - now > opens) return [];
  return [
    `the first of these certificates expires on ${day(first)}, so certagent renews them again when the next renewal is allowed. To keep them, run first: certagent disable`,
  ];
}
