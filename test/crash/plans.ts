// The plans that are cut short, each on the smallest node that has every kind of its steps.
import type { RestartMethod } from '../../src/domain/plan/steps/static-pod-restart.ts';
import type { Faults, NodeKind } from '../../testnode/node.ts';

export type CrashPlan = {
  name: string;
  kind: NodeKind;
  /** Factor for the stand-ins' waits. */
  speed: number;
  /** Lines of TOML. */
  config: string;
  faults: Partial<Faults>;
  /** How the plan ends when nobody kills the agent, and how it restarts static pods: what a plan is there to try. */
  ends: 'succeeded' | 'rolled-back';
  restarts: RestartMethod | null;
  /** Old backups that lie there already. */
  backups: number;
  /** The plan restores the backup of a renewal that was before. In mode "observe", so that nothing is renewed again. */
  restores?: true;
  /** The plan installs what a CA elsewhere has signed. In mode "observe", too. */
  installs?: true;
  /** Whether each event has a hook. */
  hooks: boolean;
  /** The certificate of the API server lacks a name, and the renewal adds it. */
  sans?: true;
  /** Whether the node can rehearse; left out: no. */
  sandbox?: true;
  /** K3s has renewed what its listener serves by itself. */
  freshListener?: true;
  /** As a node must be whose K3s loads every certificate again. */
  egress?: 'disabled';
};

/** What ends only a try that fails: a busy machine takes minutes. Seconds. */
const PATIENT = 300;
/** Where a plan is rolled back because a limit passes. Seconds. */
const IMPATIENT = 6;

const limits = (seconds = PATIENT) =>
  [
    '[renew]',
    `component_limit = "${seconds}s"`,
    `served_limit = "${seconds}s"`,
    `listener_limit = "${seconds}s"`,
    'settle = "1s"',
    `restart_limit = "${Math.max(seconds, 30)}s"`,
    'etcd_patience = "2s"',
  ].join('\n');

/** With etcd elsewhere there are the same kinds of steps in fewer points. */
const KUBEADM = {
  kind: 'kubeadm-external-etcd',
  speed: 0.02,
  faults: {},
  ends: 'succeeded',
  restarts: 'signal',
  backups: 0,
  hooks: false,
} as const;
/** Long enough for the recovery's agent to be there at the listener's one chance. */
const UNIT = { ...KUBEADM, speed: 0.05, restarts: null, config: limits() } as const;

export const PLANS: CrashPlan[] = [
  { ...KUBEADM, name: 'kubeadm, signal', kind: 'kubeadm', config: limits() },
  {
    ...KUBEADM,
    name: 'kubeadm, annotate',
    restarts: 'annotate',
    config: `${limits()}\ncycle = "annotate"`,
  },
  { ...KUBEADM, name: 'kubeadm, rehearsed', config: limits(), sandbox: true },
  {
    ...KUBEADM,
    name: 'kubeadm, names',
    config: `${limits()}\nsans = true\nkubeadm_config = "/etc/kubernetes/kubeadm.yaml"`,
    sans: true,
  },
  { ...KUBEADM, name: 'kubeadm, move', restarts: 'move', config: `${limits()}\ncycle = "move"` },
  { ...UNIT, name: 'K3s', kind: 'k3s-server' },
  { ...UNIT, name: 'K3s, rehearsed', kind: 'k3s-server', sandbox: true },
  {
    ...UNIT,
    name: 'K3s, in place',
    kind: 'k3s-server',
    config: `${limits()}\nk3s = "in-place"\nclients_limit = "8s"`,
    sandbox: true,
    freshListener: true,
    egress: 'disabled',
  },
  {
    ...UNIT,
    name: 'K3s, in place, rolled back',
    kind: 'k3s-server',
    config: `${limits(IMPATIENT)}\nk3s = "in-place"\nclients_limit = "3s"`,
    faults: { clientsStayOld: ['client-scheduler'] },
    ends: 'rolled-back',
    sandbox: true,
    freshListener: true,
    egress: 'disabled',
  },
  {
    ...UNIT,
    name: 'K3s agent, in place',
    kind: 'k3s-agent',
    config: `${limits()}\nk3s = "in-place"\nclients_limit = "4s"`,
  },
  {
    ...UNIT,
    name: 'K3s agent, in place, rolled back',
    kind: 'k3s-agent',
    config: `${limits(IMPATIENT)}\nk3s = "in-place"\nclients_limit = "4s"`,
    faults: { servesStale: ['kubelet'] },
    ends: 'rolled-back',
  },
  { ...UNIT, name: 'RKE2', kind: 'rke2-server' },
  {
    ...KUBEADM,
    name: 'kubeadm, rolled back',
    config: limits(IMPATIENT),
    // The last one that is restarted: what is undone are the files and the restart of another component.
    faults: { rejectsRenewed: ['kube-scheduler'] },
    ends: 'rolled-back',
  },
  {
    ...KUBEADM,
    name: 'kubeadm, restored',
    config: `${limits()}\ncycle = "annotate"\nbackups = 1`,
    restarts: 'annotate',
    restores: true,
  },
  {
    ...KUBEADM,
    name: 'kubeadm, external CA installed',
    config: `${limits()}\ncycle = "annotate"`,
    restarts: 'annotate',
    installs: true,
  },
  {
    ...KUBEADM,
    name: 'kubeadm, external CA, rolled back',
    config: `${limits(IMPATIENT)}\ncycle = "annotate"`,
    faults: { rejectsRenewed: ['kube-scheduler'] },
    ends: 'rolled-back',
    restarts: 'annotate',
    installs: true,
  },
  { ...KUBEADM, name: 'kubeadm, hooks', config: limits(), hooks: true },
  {
    ...KUBEADM,
    name: 'kubeadm, hooks, rolled back',
    config: limits(IMPATIENT),
    faults: { rejectsRenewed: ['kube-scheduler'] },
    ends: 'rolled-back',
    hooks: true,
  },
  { ...KUBEADM, name: 'kubeadm, oldest backup removed', config: `${limits()}\nbackups = 2`, backups: 3 },
];
