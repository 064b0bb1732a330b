// The plans that are cut short, each on the smallest node that has every kind of its steps.
import type { Faults, NodeKind } from '../../testnode/node.ts';

export type CrashPlan = {
  name: string;
  kind: NodeKind;
  /** Factor for the stand-ins' waits. */
  speed: number;
  /** Lines of TOML. */
  config: string;
  faults: Partial<Faults>;
  /** Old backups that lie there already. */
  backups: number;
};

const limits = (seconds: number) =>
  [
    '[renew]',
    `component_limit = "${seconds}s"`,
    `served_limit = "${seconds}s"`,
    `listener_limit = "${seconds}s"`,
    'settle = "1s"',
    'restart_limit = "30s"',
    'etcd_patience = "2s"',
  ].join('\n');

/** With etcd elsewhere there are the same kinds of steps in fewer points. */
const KUBEADM = { kind: 'kubeadm-external-etcd', speed: 0.02, faults: {}, backups: 0 } as const;

export const PLANS: CrashPlan[] = [
  { ...KUBEADM, name: 'kubeadm, annotate', kind: 'kubeadm', config: limits(20) },
  { ...KUBEADM, name: 'kubeadm, move', config: `${limits(20)}\ncycle = "move"` },
  // Long enough for the recovery's agent to be there at the listener's one chance.
  { ...KUBEADM, name: 'K3s', kind: 'k3s-server', speed: 0.05, config: limits(6) },
  {
    ...KUBEADM,
    name: 'kubeadm, rolled back',
    config: limits(6),
    // The kube-apiserver is cycled first: what is undone are the files, and three components load them.
    faults: { rejectsRenewed: ['kube-apiserver'] },
  },
  { ...KUBEADM, name: 'kubeadm, oldest backup removed', config: `${limits(20)}\nbackups = 2`, backups: 3 },
];
