import { addNames } from './add-names.ts';
import { awaitClients } from './await-clients.ts';
import { awaitKubelet } from './await-kubelet.ts';
import { awaitListener } from './await-listener.ts';
import { awaitPods } from './await-pods.ts';
import { awaitReady } from './await-ready.ts';
import { backup } from './backup.ts';
import { cycle } from './cycle.ts';
import { cycleUnlessServed } from './cycle-unless-served.ts';
import { fetchLeaves } from './fetch-leaves.ts';
import { installFiles } from './install-files.ts';
import { installRehearsed } from './install-rehearsed.ts';
import { kubeadmRenew } from './kubeadm-renew.ts';
import { kubeletConf } from './kubelet-conf.ts';
import { pointKubeletConf } from './point-kubelet-conf.ts';
import { regenerateListener } from './regenerate-listener.ts';
import { rehearse } from './rehearse.ts';
import { removeLeaves } from './remove-leaves.ts';
import { restartKubelet } from './restart-kubelet.ts';
import { restartNeighbour } from './restart-neighbour.ts';
import { restartUnit } from './restart-unit.ts';
import { restoreFiles } from './restore-files.ts';
import { rotateLeaves } from './rotate-leaves.ts';
import { runHook } from './run-hook.ts';
import type { StepRule } from './step-rule.ts';
import { stopUnit } from './stop-unit.ts';
import { verifyFiles } from './verify-files.ts';
import { verifyServed } from './verify-served.ts';

/**
 * Every kind of step a plan can hold. A new one is a file here and one of the same name in `renew/steps/`, whose record
 * (`ACTORS`) does not compile without it. The kinds are written in plans and journals, so a name stays as it is.
 */
const RULES = {
  backup,
  'add-names': addNames,
  'kubeadm-renew': kubeadmRenew,
  'verify-files': verifyFiles,
  'cycle-unless-served': cycleUnlessServed,
  cycle,
  'verify-served': verifyServed,
  'restart-unit': restartUnit,
  'await-ready': awaitReady,
  'await-pods': awaitPods,
  'await-listener': awaitListener,
  'restart-neighbour': restartNeighbour,
  'regenerate-listener': regenerateListener,
  'remove-leaves': removeLeaves,
  'stop-unit': stopUnit,
  'rotate-leaves': rotateLeaves,
  'kubelet-conf': kubeletConf,
  'restart-kubelet': restartKubelet,
  'point-kubelet-conf': pointKubeletConf,
  'restore-files': restoreFiles,
  'install-files': installFiles,
  'install-rehearsed': installRehearsed,
  'fetch-leaves': fetchLeaves,
  'await-clients': awaitClients,
  'await-kubelet': awaitKubelet,
  'run-hook': runHook,
  rehearse,
};

export type StepKind = keyof typeof RULES;

type DataOf<Rule> = Rule extends StepRule<infer Data> ? Data : never;
/** The data of one kind. A rule under another kind's name has no data, and its actor does not compile. */
export type StepOf<Kind extends StepKind> = Extract<DataOf<(typeof RULES)[Kind]>, { kind: Kind }>;

/**
 * One step, complete: nothing is left to choose while it runs, beyond "do it unless it is already so". Paths are the
 * node's own, times are limits in milliseconds.
 */
export type Step = { [Kind in StepKind]: StepOf<Kind> }[StepKind];

export function ruleOf<One extends Step>(step: One): StepRule<One> {
  return RULES[step.kind] as unknown as StepRule<One>;
}
