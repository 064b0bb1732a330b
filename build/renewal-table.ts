import { rulesOf } from '../src/domain/distributions/index.ts';
import { restartsBySignal } from '../src/domain/distributions/kubeadm-plan.ts';
import { reloadsByItself } from '../src/domain/distributions/kubernetes-version.ts';
import { DAY } from '../src/domain/time/duration.ts';

type Row = {
  node: string;
  /** A version of that kind, for what the rules say. */
  version: string;
  /** How long the API is away, as measured on one node. */
  away: string;
};

const KUBEADM: Row[] = [
  { node: 'kubeadm v1.27 to v1.36', version: 'v1.36.3', away: 'not at all: no failed request (v1.36.3, v1.31.14)' },
  { node: 'kubeadm v1.23 to v1.26', version: 'v1.26.15', away: 'about 9 s (not measured on these versions)' },
  { node: 'kubeadm v1.22', version: 'v1.22.3', away: '3 s (v1.22.3)' },
];

const K3S: Row[] = [
  { node: 'K3s server', version: 'v1.36.3+k3s1', away: '8.5 to 9.7 s (v1.36.3)' },
  { node: 'K3s server, older', version: 'v1.32.3+k3s1', away: '4.1 to 5.3 s (v1.21)' },
  { node: 'K3s agent', version: 'v1.36.3+k3s1', away: 'not at all; the kubelet for 2.6 s (v1.36.3)' },
];

/** The table of docs/what-it-does.md: what certagent does to each kind of node, and how long its API is away. */
export function renewalTable(): string {
  const rows = [
    ...KUBEADM.map(({ node, version, away }) => [node, '`kubeadm certs renew NAME`', restarted(version), away]),
    [
      'kubeadm, when the kube-apiserver must restart all the same',
      'the loopback certificate, or one that it does not serve within 90 s',
      'kube-apiserver (SIGTERM, SIGKILL after 5 s)',
      '7.7 and 8.9 s, 5 of them grace (v1.36.3); by an annotation 47.9 s',
    ],
    ...K3S.map(({ node, version, away }) => [
      node,
      `the restart: what expires within ${windowOf(version)} days`,
      `the unit \`${node.includes('agent') ? 'k3s-agent' : 'k3s'}\`; workloads keep running`,
      away,
    ]),
    [
      'K3s server with sqlite and `egress-selector-mode: disabled`, `renew.k3s = "in-place"`',
      'certagent: the certificates of the rehearsal',
      'nothing',
      'not at all: no failed request (v1.36.3)',
    ],
    [
      'K3s agent, `renew.k3s = "in-place"`',
      'its server signs them again, for the same keys',
      'nothing',
      'not at all, nor the kubelet: no failed request (v1.36.3)',
    ],
    ['RKE2', 'as K3s of the same version', 'the unit, which replaces its static pods', 'not measured'],
    ['k0s controller', 'the restart: everything, whatever its expiry', 'the unit `k0scontroller`', 'not measured'],
    ['k0s worker', 'nothing: the kubelet rotates its certificates', 'nothing', 'not at all'],
    ['set up by hand', 'nothing: certagent watches and alerts', 'nothing; the alert names the unit', 'not at all'],
  ];
  return [
    '| node | what renews | what restarts | the API is away |',
    '|---|---|---|---|',
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

function restarted(version: string): string {
  const how = restartsBySignal(version) ? 'by a signal to its process' : 'by an annotation in its manifest';
  const which = reloadsByItself(version) ? '' : 'kube-apiserver, ';
  return `${which}controller-manager and scheduler, each ${how}`;
}

function windowOf(version: string): number {
  return (rulesOf('k3s').restartWindow(version) ?? 0) / DAY;
}
