// The catalogue of commands: the parser, the help, the manual page and the shell completions are made from it.

import { CHECK } from './check-command.ts';
import { type CommandSpec, FAILED, type OptionSpec, USAGE, usual, YES } from './command-spec.ts';
import { CONFIGURATION } from './config-commands.ts';
import { EXTERNAL } from './external-commands.ts';
import { INSIGHTS } from './insight-commands.ts';
import { CLUSTER, FLEET } from './many-nodes-commands.ts';
import { ORDERS } from './order-commands.ts';
import { USERS } from './user-commands.ts';

export type { CommandSpec, OptionSpec } from './command-spec.ts';

/** Options that every command understands, before and after its name. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flags: '--root <dir>', description: 'work on the node image under this directory' },
  {
    flags: '--config <file>',
    description: 'configuration file, as a path of the node (default: /etc/certagent/config.toml)',
  },
  {
    flags: '-o, --output <format>',
    description: 'text, json or yaml; status also takes wide, fleet html (default: text)',
  },
  { flags: '--no-color', description: 'print without colours, as with NO_COLOR in the environment' },
  { flags: '-V, --version', description: 'print the version' },
  { flags: '-h, --help', description: 'show help for the command' },
];

/** First words that are not commands by themselves. */
export const GROUPS: Record<string, string> = {
  clock: 'accept the clock of this node',
  config: 'check the configuration or print an example',
  alert: 'test the alert sinks, silence alerts',
  cluster: 'print the rights of an identity of its own',
  user: "request a user's certificate",
};

const CATALOGUE = [
  {
    name: 'status',
    summary: 'show every certificate, when it expires and what happens next',
    detail:
      'Most urgent first, then the active alerts, the last renewal and the kubeconfig copies. Asks the running daemon; without one, certagent reads the node itself and says so. --due, --within and --owner limit the certificates that are shown, also with -o json, and nothing else.',
    options: [
      { flags: '-w, --watch', description: 'refresh every 2 seconds' },
      { flags: '--due', description: 'only certificates whose renewal window is open, or that have expired' },
      { flags: '--within <duration>', description: 'only certificates that expire within this time, for example 30d' },
      { flags: '--owner <owner>', description: 'only certificates of this owner, as in the column OWNER' },
      {
        flags: '--cluster',
        description: 'every node of the cluster, as the Kubernetes API has it (root, on a server)',
      },
    ],
    outputs: ['text', 'wide', 'json', 'yaml'],
    examples: [
      'certagent status',
      'certagent status --cluster',
      'certagent status -o wide',
      'certagent status --within 30d --owner kubeadm',
      "certagent status -o json | jq -r '.certificates[].certificate.notAfter'",
    ],
    exitCodes: usual('the status was shown, whatever it is'),
  },
  CHECK,
  ...FLEET,
  {
    name: 'plan',
    summary: 'show exactly what would run, or why nothing would',
    detail:
      'With --rehearse (as root) the real tool runs now on copies of the files, in a sandbox that can change nothing of the node, and certagent shows what the renewal would change and what speaks against it.',
    options: [
      { flags: '--now', description: 'show what `certagent renew` would run, whatever the maintenance window' },
      { flags: '--force', description: 'show what `certagent renew --force` would run' },
      { flags: '--rehearse', description: 'try it on copies of the files (K3s servers, kubeadm)' },
    ],
    examples: ['certagent plan', 'certagent plan --now', 'certagent plan --rehearse'],
    exitCodes: [
      [0, 'the plan was shown, or its rehearsal passed'],
      FAILED,
      USAGE,
      [5, 'the rehearsal shows that the renewal would fail or do harm, or that it may'],
      [6, 'the rehearsal was not possible; the output says why'],
    ],
  },
  {
    name: 'renew',
    summary: 'renew now what is due, whatever the maintenance window',
    detail:
      'Shows the plan, asks, and carries it out through the running daemon; without one, in this process. What blocks an automatic renewal blocks this one too. -o json prints one object, whatever happens: the plan, the decision, the result, the error (renew.schema.json). With names it renews these certificates, due or not: on kubeadm these alone, while K3s, RKE2 and k0s renew by a restart, which renews every certificate that is due.',
    argument: { flags: '[certificate...]', description: 'renew these, by their names in certagent status' },
    options: [{ flags: '--force', description: 'also renew what is not due yet (K3s and RKE2: on servers)' }, YES],
    examples: [
      'certagent renew',
      'certagent renew apiserver admin.conf',
      'certagent renew --force --yes',
      'certagent renew --yes -o json | jq -r .result',
    ],
    exitCodes: [
      [0, 'renewed, or nothing was due'],
      [1, 'failed, or you answered no'],
      USAGE,
      [4, 'blocked, or a renewal is already running: nothing was changed'],
    ],
  },
  {
    name: 'sync',
    summary: "update users' kubeconfig copies",
    detail:
      'Updates copies that certagent has seen with a current certificate, unless they expired longer ago than copies.grace. Any other copy is reported and left until you adopt it: somebody may have taken that access away.',
    options: [
      { flags: '-n, --dry-run', description: 'only show what would be changed' },
      { flags: '--adopt <file>', description: 'also update this copy, now and from now on' },
    ],
    examples: ['certagent sync --dry-run', 'certagent sync', 'certagent sync --adopt /home/alice/.kube/config'],
    exitCodes: [
      [0, 'every copy is current'],
      [1, 'a copy was refused or could not be updated, for example in observe mode'],
      USAGE,
    ],
  },
  {
    name: 'restore',
    summary: 'list the backups, or restore the certificates of one',
    detail:
      'Without a plan, lists the backups: when they were made, what they hold, and whether it can be restored. With one, shows what a restore would do, asks, and carries it out as a renewal is carried out: with a backup of what it replaces, and undone when it fails. Certificates and keys that somebody has changed since certagent wrote them stay as they are, and so do CAs and manifests. Expired certificates are not restored. Works in observe mode, too.',
    argument: { flags: '[plan]', description: 'the backup to restore, named after the plan that made it' },
    options: [YES],
    examples: ['certagent restore', 'certagent restore 20260802T021400Z', 'certagent restore 20260802T021400Z --yes'],
    exitCodes: [
      [0, 'restored, listed, or everything was as it is in the backup'],
      [1, 'failed, or you answered no'],
      USAGE,
      [4, 'blocked, or a plan is already running: nothing was changed'],
    ],
  },
  ...EXTERNAL,
  ...USERS,
  {
    name: 'history',
    summary: 'show past renewals, or one step by step',
    detail:
      'With a plan (as root) shows what became of each of its steps: what was done, what failed and why, what was undone.',
    argument: { flags: '[plan]', description: 'the renewal to show step by step' },
    examples: ['certagent history', 'certagent history 20260802T021400Z', 'certagent history -o json'],
    exitCodes: usual('the history was shown'),
  },
  {
    name: 'metrics',
    summary: "print the metrics in Prometheus' text format",
    detail:
      'What metrics.textfile of the configuration writes for node_exporter after each check. The x509_cert_ series have the names and labels of x509-certificate-exporter.',
    outputs: ['text'],
    examples: ['certagent metrics', 'certagent metrics | promtool check metrics'],
    exitCodes: usual('the metrics were printed'),
  },
  {
    name: 'enable',
    summary: 'let the daemon renew certificates on this node',
    detail:
      'Shows what would be renewed and when, asks, sets mode = "renew" in the configuration, and makes the running daemon reload it. A freshly installed certagent only observes.',
    options: [YES],
    examples: ['certagent enable', 'certagent enable --yes'],
    exitCodes: [
      [0, 'certagent renews from now on, or already did; it reports when no node was found'],
      [1, 'failed, or you answered no'],
      USAGE,
    ],
  },
  {
    name: 'disable',
    summary: 'switch the daemon to observe mode: it only watches and alerts',
    detail: 'Sets mode = "observe" in the configuration, and makes the running daemon reload it.',
    examples: ['certagent disable'],
    exitCodes: usual('certagent only observes from now on'),
  },
  {
    name: 'reload',
    summary: 'make the daemon reload its configuration',
    examples: ['certagent reload'],
    exitCodes: [
      [0, 'the new configuration is in use'],
      [1, 'the new configuration was refused; the previous one stays in use'],
      USAGE,
      [3, 'no daemon is running'],
    ],
  },
  {
    name: 'clock accept',
    summary: 'accept the clock as it is now',
    detail:
      'For a clock that once showed a wrong time in the future and is right again. certagent renews nothing while the clock shows a time before one that certagent has already seen.',
    examples: ['date; certagent clock accept'],
    exitCodes: usual('the clock is accepted'),
  },
  ...CLUSTER,
  ...CONFIGURATION,
  {
    name: 'alert test',
    summary: 'send a test alert to every sink',
    examples: ['certagent alert test'],
    exitCodes: [[0, 'every sink accepted the alert'], [1, 'a sink refused it, or no sink is configured'], USAGE],
  },
  ...ORDERS,
  ...INSIGHTS,
  {
    name: 'run',
    summary: 'run the daemon in the foreground (as the systemd unit does)',
    outputs: ['text'],
    examples: ['certagent run', 'certagent --root /tmp/node run'],
    exitCodes: usual('stopped by SIGTERM or SIGINT'),
  },
  {
    name: 'version',
    summary: 'print the version',
    examples: ['certagent version', 'certagent version -o json'],
    exitCodes: usual('the version was printed'),
  },
  {
    name: 'help',
    summary: 'show help for certagent or for one command',
    argument: { flags: '[command...]', description: 'the command' },
    outputs: ['text'],
    examples: ['certagent help', 'certagent help config check'],
    exitCodes: usual('the help was shown'),
  },
] as const satisfies CommandSpec[];

export type CommandName = (typeof CATALOGUE)[number]['name'];
export const COMMANDS: readonly CommandSpec[] = CATALOGUE;
