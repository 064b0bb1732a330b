import { type CommandSpec, usual } from './command-spec.ts';

/** The commands about more nodes than this one. */
export const FLEET = [
  {
    name: 'fleet',
    summary: 'show many nodes at once, worst first',
    detail:
      'Asks the hosts of a file through ssh, as you, or reads what `certagent status -o json` printed on them: files (- is standard input) that hold one status after another, arrays of them, or what Ansible printed. A host that does not answer has a row of its own. -o html prints one page that needs nothing else: a timeline, the active alerts, the last renewals, the silent nodes.',
    argument: { flags: '[file...]', description: 'files with statuses; without --hosts and files, standard input' },
    options: [
      { flags: '--hosts <file>', description: 'ask these hosts through ssh: one a line, # begins a comment' },
      { flags: '-p, --parallel <count>', description: 'hosts to ask at the same time', fallback: '10' },
      { flags: '-t, --timeout <seconds>', description: 'time limit for one host', fallback: '10' },
      { flags: '-w, --warning <days>', description: 'warn when a certificate expires sooner', fallback: '30' },
      { flags: '-c, --critical <days>', description: 'critical when a certificate expires sooner', fallback: '7' },
    ],
    outputs: ['text', 'json', 'yaml', 'html'],
    examples: [
      'certagent fleet --hosts sites.txt',
      'certagent fleet --hosts sites.txt -o html > fleet.html',
      "ansible all -m command -a 'certagent status -o json' | certagent fleet",
    ],
    exitCodes: [
      [0, 'every node is OK'],
      [1, 'the worst node is a warning'],
      [2, 'a node is critical'],
      [3, 'of some node nothing is known, none is critical; or the command failed'],
    ],
  },
] as const satisfies CommandSpec[];

export const CLUSTER = [
  {
    name: 'cluster manifest',
    summary: 'print the rights that an identity of its own needs in the cluster, as a manifest for kubectl',
    detail:
      'admin.conf, k3s.yaml and rke2.yaml need no manifest. For a separate identity: apply it, make a kubeconfig with a token of its service account, and name that file as cluster.kubeconfig.',
    outputs: ['text'],
    examples: ['certagent cluster manifest | kubectl apply -f -'],
    exitCodes: usual('the manifest was printed'),
  },
] as const satisfies CommandSpec[];
