import { COMMANDS, type CommandSpec } from '../src/cli/command-catalogue.ts';
import { describeKeys, type KeyDescription } from '../src/config/keys.ts';
import { tomlValue } from '../src/config/toml.ts';
import { ALERTS, type AlertCode } from '../src/domain/alerts/catalogue.ts';
import { alertGroups, explainedText, severityText, waitingText } from './alert-table.ts';

/** certagent(8), from the catalogue of commands. */
export function commandManual(version: string): string {
  return [
    `.TH CERTAGENT 8 "" "certagent ${version}" "System Administration"`,
    '.SH NAME',
    "certagent \\- renew this Kubernetes node's certificates and prove that they are served",
    '.SH SYNOPSIS',
    // Ragged and without hyphens: an option that is broken in two cannot be searched for.
    ...['.nh', '.ad l', '.PD 0'],
    ...['\\fBcertagent\\fR [\\fIoptions of every command\\fR] \\fIcommand\\fR', ...COMMANDS.map(synopsis)].flatMap(
      (line) => ['.HP 4', line],
    ),
    ...['.PD', '.ad b', '.hy'],
    '.SH DESCRIPTION',
    text(
      'A daemon on each node of a Kubernetes cluster (kubeadm, K3s, RKE2, k0s, or set up by hand) that watches the certificates of the node, ' +
        'renews them within the maintenance window, restarts what must load them, and checks that every component ' +
        'serves the new ones. As installed it observes: it watches and alerts, and changes nothing until ' +
        '"certagent enable".',
    ),
    '.SH COMMANDS',
    ...COMMANDS.map(command),
    '.SH OPTIONS OF EVERY COMMAND',
    ...OPTIONS.flatMap(([flags, meaning]) => ['.TP', `\\fB${text(flags)}\\fR`, text(meaning)]),
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, meaning]) => ['.TP', `.B ${text(name)}`, text(meaning)]),
    '.SH FILES',
    ...FILES.flatMap(([path, meaning]) => ['.TP', `.I ${text(path)}`, text(meaning)]),
    '.SH SEE ALSO',
    '.BR certagent.toml (5),',
    '.BR certagent\\-alerts (7)',
    '',
  ].join('\n');
}

const OPTIONS: [string, string][] = [
  ['--root dir', 'work on the node image under this directory'],
  ['--config file', 'configuration, a path of the node'],
  ['-o, --output format', 'text, json, wide for status, html for fleet'],
  ['--no-color', 'no colours, as with NO_COLOR in the environment'],
  ['-V, --version', 'print the version'],
  ['-h, --help', 'show help'],
];

const ENVIRONMENT: [string, string][] = [
  ['NO_COLOR', 'when it is set, and not empty: no colours'],
  ['FORCE_COLOR, CLICOLOR_FORCE', 'when one is set, and not 0: colours also where standard output is not a terminal'],
  ['LC_ALL, LC_CTYPE, LANG', 'a locale without UTF-8 gets plain ASCII'],
  [
    'HTTPS_PROXY, HTTP_PROXY, NO_PROXY',
    'of the daemon: the proxy for webhooks, where the configuration names none (systemctl edit certagent)',
  ],
];

const FILES: [string, string][] = [
  ['/etc/certagent/config.toml', 'configuration'],
  ['/usr/share/certagent/config.example.toml', 'every key, with its meaning and its default'],
  ['/var/lib/certagent', 'journal, backups and alerts not yet delivered'],
  ['/run/certagent', 'sockets; the read-only one is open to the group certagent'],
];

/** "certagent status [-w] [--within <duration>]": what can be given, as in a line of the shell. */
function synopsis({ name, argument, options = [] }: CommandSpec): string {
  const words = options.map(({ flags }) => {
    const [option = ''] = flags.split(', ');
    const value = /<[^>]+>/.exec(flags)?.[0];
    return `[${option.replace(/ <.*/, '')}${value === undefined ? '' : ` ${value}`}]`;
  });
  const all = [...words, ...(argument === undefined ? [] : [argument.flags])].map((word) =>
    text(word).replaceAll(/<([^>]+)>/g, '\\fI$1\\fR'),
  );
  return [`\\fBcertagent ${text(name)}\\fR`, ...all].join(' ');
}

function command({ name, summary, detail, argument, options = [], examples, exitCodes }: CommandSpec): string {
  return [
    `.SS certagent ${text(name)}${argument === undefined ? '' : ` ${text(argument.flags)}`}`,
    text(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.${detail === undefined ? '' : ` ${detail}`}`),
    ...options.flatMap(({ flags, description, fallback }) => [
      '.TP',
      `\\fB${text(flags)}\\fR`,
      text(fallback === undefined ? description : `${description} (default: ${fallback})`),
    ]),
    '.PP',
    'Exit status:',
    ...exitCodes.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning)]),
    '.PP',
    'Examples:',
    '.PP',
    '.nf',
    ...examples.map((example) => `    ${text(example)}`),
    '.fi',
  ].join('\n');
}

/** certagent.toml(5), from the schema of the configuration. */
export function configManual(version: string): string {
  return [
    `.TH CERTAGENT.TOML 5 "" "certagent ${version}" "File Formats"`,
    '.SH NAME',
    'certagent.toml \\- configuration of certagent',
    '.SH SYNOPSIS',
    '.I /etc/certagent/config.toml',
    '.SH DESCRIPTION',
    text(
      'A TOML file. Every key has a default, and an empty file works. Durations are a number and s, m, h or d: "90d", ' +
        '"1h30m". After a change: certagent config check, then certagent reload.',
    ),
    '.SH KEYS',
    ...describeKeys().flatMap(key),
    '.SH EXAMPLES',
    text('Renews in the night from Saturday to Sunday, and sends what is wrong by email and to a chat:'),
    '.PP',
    '.nf',
    ...EXAMPLE.map((line) => (line === '' ? '.sp' : `    ${text(line)}`)),
    '.fi',
    '.SH SEE ALSO',
    '.BR certagent (8),',
    '.BR certagent\\-alerts (7)',
    '',
  ].join('\n');
}

const EXAMPLE = [
  'mode = "renew"',
  '',
  '[maintenance]',
  'days = ["sat"]',
  'start = "22:00"',
  'end = "04:00"',
  '',
  '[node]',
  'site = "oslo"',
  '',
  '[[alerts.email]]',
  'host = "smtp.example.org"',
  'from = "certagent@example.org"',
  'to = ["ops@example.org"]',
  '',
  '[[alerts.webhook]]',
  'url_file = "/etc/certagent/chat-url"',
  'shape = "slack"',
];

function key(each: KeyDescription): string[] {
  if (each.keys.length > 0) {
    const heading = each.type === 'repeated table' ? `[[${each.key}]]` : `[${each.key}]`;
    return [`.SS ${text(heading)}`, text(each.description), ...each.keys.flatMap(key)];
  }
  const facts = each.required
    ? 'Must be given.'
    : each.default === undefined
      ? 'Not set by default.'
      : `Default: ${tomlValue(each.default)}.`;
  return ['.TP', `\\fB${text(each.name)}\\fR (${text(each.type)})`, text(`${each.description} ${facts}`)];
}

/** certagent-alerts(7), from the catalogue of alerts. */
export function alertManual(version: string): string {
  return [
    `.TH CERTAGENT\\-ALERTS 7 "" "certagent ${version}" "Miscellaneous"`,
    '.SH NAME',
    'certagent\\-alerts \\- what each alert of certagent means, and what to do',
    '.SH SYNOPSIS',
    '\\fBcertagent explain\\fR \\fIcode\\fR',
    '.SH DESCRIPTION',
    text(
      'An alert is a state of the node. certagent sends it when it is raised, again after alerts.repeat while it is ' +
        'active, and once more when it clears; one that gets worse is sent at once. An alert that another one explains, ' +
        'or that has not persisted for its hold-off time, is not sent: "certagent status" shows it. An expiry is never ' +
        'held back. Each alert says what to do; below is the general advice. A page on each, with the commands for a person ' +
        'at the node, is in /usr/share/doc/certagent/alerts; alerts link to it, or to your own copy (alerts.runbooks).',
    ),
    ...alertGroups().flatMap(({ title, codes }) => [`.SH ${text(title.toUpperCase())}`, ...codes.flatMap(alert)]),
    '.SH SEE ALSO',
    '.BR certagent (8),',
    '.BR certagent.toml (5)',
    '',
  ].join('\n');
}

function alert(code: AlertCode): string[] {
  const { meaning, remedy } = ALERTS[code];
  const sentences = [
    meaning,
    waitingText(code),
    explainedText(code),
    remedy === '' ? '' : `What to do: ${/[.!?]$/.test(remedy) ? remedy : `${remedy}.`}`,
  ];
  return [
    '.TP',
    `\\fB${code}\\fR (${text(severityText(code))})`,
    text(sentences.filter((each) => each !== '').join(' ')),
  ];
}

/** For roff: backslashes and hyphens escaped, and no line that begins as a request does. */
function text(plain: string): string {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}
