import type { Context } from './context.ts';

export type OptionSpec = { flags: string; description: string; fallback?: string | boolean };

/** A command: what its help says and where its code is, which is loaded only when the command runs. */
export type CommandSpec = {
  /** Words of the command, as in "config check". */
  name: string;
  summary: string;
  detail?: string;
  argument?: { flags: string; description: string };
  options?: OptionSpec[];
  examples: string[];
  exitCodes: [number, string][];
  load(): Promise<{ run(context: Context): Promise<number> }>;
};

const FAILED: [number, string] = [1, 'it failed; standard error says why and what to do'];
const YES = { flags: '-y, --yes', description: 'do not ask; needed where there is no terminal' };
const USAGE: [number, string] = [2, 'the command line is wrong'];
const usual = (done: string): [number, string][] => [[0, done], FAILED, USAGE];

export const GROUPS: Record<string, string> = {
  config: 'look at the configuration',
  alert: 'try the alerts',
};

export const COMMANDS: CommandSpec[] = [
  {
    name: 'status',
    summary: 'show every certificate, when it ends and what happens next',
    detail:
      'Most urgent first, then the standing alerts, the last renewal and the kubeconfig copies. Asks the running daemon; without one it reads the node itself and says so.',
    options: [{ flags: '-w, --watch', description: 'draw it again every 2 seconds' }],
    examples: ['certagent status', 'certagent status -o wide', 'certagent status -o json | jq .renewal'],
    exitCodes: usual('it was shown, whatever it says'),
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'check',
    summary: 'one line and an exit status for a monitoring system',
    detail:
      'Follows the convention of monitoring plugins, with performance data. Thresholds apply to certificates whose renewal window is open, so that short-lived ones do not alarm all the time.',
    options: [
      { flags: '--warning <days>', description: 'warn when a certificate ends sooner', fallback: '30' },
      { flags: '--critical <days>', description: 'critical when a certificate ends sooner', fallback: '7' },
      { flags: '--now', description: 'let the daemon look at the node first (root only)' },
    ],
    examples: ['certagent check', 'certagent check --warning 20 --critical 5'],
    exitCodes: [
      [0, 'OK'],
      [1, 'WARNING'],
      [2, 'CRITICAL'],
      [3, 'UNKNOWN: it could not be found out, or the command line is wrong'],
    ],
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'plan',
    summary: 'show exactly what would run, or why nothing would',
    options: [
      { flags: '--now', description: 'what `certagent renew` would run, whatever the maintenance window says' },
      { flags: '--force', description: 'what `certagent renew --force` would run' },
    ],
    examples: ['certagent plan', 'certagent plan --now'],
    exitCodes: usual('it was shown'),
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'renew',
    summary: 'renew now what is due, whatever the maintenance window says',
    detail:
      'Shows the plan, asks, and carries it out through the running daemon; without one, in this process. What blocks a renewal blocks this one too.',
    options: [{ flags: '--force', description: 'also what is not due yet (kubeadm only)' }, YES],
    examples: ['certagent renew', 'certagent renew --force --yes'],
    exitCodes: [
      [0, 'renewed, or nothing was due'],
      [1, 'it failed, or you said no'],
      USAGE,
      [4, 'blocked, or one is under way: nothing was touched'],
    ],
    load: () => import('./commands/renew.ts'),
  },
  {
    name: 'sync',
    summary: "bring users' kubeconfig copies up to date",
    detail:
      'Copies that certagent has seen with a current certificate are brought up to date, unless they expired longer ago than copies.grace. Any other is reported and left until you adopt it: the access of whoever holds it was perhaps taken away.',
    options: [
      { flags: '-n, --dry-run', description: 'only report what would be changed' },
      { flags: '--adopt <path>', description: 'also bring this copy up to date, now and from now on' },
    ],
    examples: ['certagent sync --dry-run', 'certagent sync', 'certagent sync --adopt /home/alice/.kube/config'],
    exitCodes: [
      [0, 'every copy is in order'],
      [1, 'a copy was refused or could not be brought up to date, for instance because certagent only observes'],
      USAGE,
    ],
    load: () => import('./commands/sync.ts'),
  },
  {
    name: 'history',
    summary: 'show the renewals of the past',
    examples: ['certagent history', 'certagent history -o json'],
    exitCodes: usual('it was shown'),
    load: () => import('./commands/history.ts'),
  },
  {
    name: 'enable',
    summary: 'let the daemon renew on this node',
    detail:
      'Shows what would be renewed and when, asks, sets mode = "renew" in the configuration, and lets the running daemon read it. A freshly installed certagent only observes.',
    options: [YES],
    examples: ['certagent enable', 'certagent enable --yes'],
    exitCodes: [[0, 'it renews from now on, or did already'], [1, 'it failed, or you said no'], USAGE],
    load: () => import('./commands/enable.ts'),
  },
  {
    name: 'disable',
    summary: 'let the daemon only watch and alert',
    detail: 'Sets mode = "observe" in the configuration, and lets the running daemon read it.',
    examples: ['certagent disable'],
    exitCodes: usual('it only observes from now on'),
    load: () => import('./commands/disable.ts'),
  },
  {
    name: 'reload',
    summary: 'let the daemon read its configuration again',
    examples: ['certagent reload'],
    exitCodes: [
      [0, 'the new configuration is in force'],
      [1, 'it was refused; the old one stays in force'],
      USAGE,
      [3, 'no daemon runs'],
    ],
    load: () => import('./commands/reload.ts'),
  },
  {
    name: 'config check',
    summary: 'tell every error of a configuration file',
    argument: { flags: '[file]', description: 'instead of the one certagent uses' },
    examples: ['certagent config check', 'certagent config check ./config.toml'],
    exitCodes: [[0, 'it is in order'], [1, 'it is not; every error is told with its line'], USAGE],
    load: () => import('./commands/config-check.ts'),
  },
  {
    name: 'config example',
    summary: 'print a configuration file with every key and its default',
    examples: ['certagent config example | less', 'certagent config example > every-key.toml'],
    exitCodes: usual('it was printed'),
    load: () => import('./commands/config-example.ts'),
  },
  {
    name: 'alert test',
    summary: 'send a test alert to every sink',
    examples: ['certagent alert test'],
    exitCodes: [[0, 'every sink accepted it'], [1, 'a sink did not, or there is none'], USAGE],
    load: () => import('./commands/alert-test.ts'),
  },
  {
    name: 'run',
    summary: 'run the daemon in the foreground (what the systemd unit does)',
    examples: ['certagent run', 'certagent --root /tmp/node run'],
    exitCodes: usual('it was told to stop, and did'),
    load: () => import('./run.ts'),
  },
];
