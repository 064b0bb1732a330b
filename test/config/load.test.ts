import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, describeProblem, loadConfig, parseConfig } from '../../src/config/load.ts';
import { nodeLabels } from '../../src/config/node-labels.ts';
import { longestInterval, longestMaintenanceGap } from '../../src/config/rules.ts';
import { DEFAULT_INTERVAL, DEFAULT_SCHEDULE, schema } from '../../src/config/schema.ts';
import { DAY, HOUR, MINUTE } from '../../src/domain/time/duration.ts';

/** The faults of a text as an operator reads them. */
async function faults(text: string): Promise<string[]> {
  const error = await parseConfig(text, 'config.toml').then(
    () => assert.fail('the configuration was taken'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError);
  return error.problems.map(describeProblem);
}

test('a missing file and an empty file mean the defaults', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-config-'));
  try {
    assert.deepEqual(await loadConfig(join(directory, 'none.toml')), schema.parse({}));
    await writeFile(join(directory, 'empty.toml'), '');
    const config = await loadConfig(join(directory, 'empty.toml'));
    assert.equal(config.windows.opens, 90 * DAY);
    assert.equal(config.check.jitter, 5 * MINUTE);
    assert.deepEqual(config.maintenance.days, [0, 1, 2, 3, 4, 5, 6]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('what is written replaces the default and nothing else', async () => {
  const config = await parseConfig('[maintenance]\nstart = "22:30"\nend = "04:00"\n', 'config.toml');
  assert.deepEqual([config.maintenance.start, config.maintenance.end], [22 * 60 + 30, 240]);
  assert.equal(config.windows.urgent, 30 * DAY);
});

test('all faults are reported at once, each with its line and key', async () => {
  const text = `mode = "watch"
colour = true
[windows]
opns = "90d"
opens = "90days"
[maintenance]
days = [
  "mon",
  "noday",
]
time_zone = "Mars/Olympus"
[check]
schedule = "0 25 * * *"
[renew]
backups = 1000
[alerts]
email = [{ from = "a@example.org", to = [] }]
[[alerts.webhook]]
shape = "pagerduty"
[watch]
paths = ["relative"]
`;
  assert.deepEqual(await faults(text), [
    'line 1: mode must be one of renew, observe',
    'line 2: colour is not a key of the configuration',
    'line 4: windows.opns is not a key of the configuration: did you mean "opens"?',
    'line 5: windows.opens is not a duration: write "90d"',
    'line 9: maintenance.days[1] must be one of sun, mon, tue, wed, thu, fri, sat',
    'line 11: maintenance.time_zone is not an IANA time zone: use a name such as "Europe/Berlin", or "node"',
    'line 13: check.schedule has an invalid hour field',
    'line 15: renew.backups must be a whole number from 1 to 100',
    'line 17: alerts.email[0].host is missing',
    'line 17: alerts.email[0].to must not be empty',
    'line 18: alerts.webhook[0].url is missing, and so is "url_file"',
    'line 18: alerts.webhook[0].secret_file is missing: the shape "pagerduty" needs a file with the routing key',
    'line 21: watch.paths[0] is not an absolute path',
  ]);
});

const SINGLE: [string, string, string][] = [
  ['a table that is none', 'control = 3', 'line 1: control must be a table'],
  [
    'urgent not before opens',
    '[windows]\nurgent = "90d"',
    'line 2: windows.urgent must be less than windows.opens (90 d)',
  ],
  [
    'seconds in the schedule',
    'check.schedule = "0 0 * * * *"',
    'line 1: check.schedule has 6 cron fields instead of 5',
  ],
  [
    'a day that never comes',
    'check.schedule = "0 0 31 2 *"',
    'line 1: check.schedule has an invalid day of month field',
  ],
  [
    'a jitter longer than the time between checks',
    '[check]\nschedule = "*/5 * * * *"\njitter = "5m"',
    'line 3: check.jitter must be less than the time between two checks (5 min)',
  ],
  [
    'a window too narrow for weekly maintenance',
    'windows.opens = "37d"\n[maintenance]\ndays = ["sat"]',
    'line 1: windows.opens leaves 7 d before windows.urgent, which is not enough for two checks (6 h apart) and 6 d 21 h without a maintenance window: it needs at least 7 d 9 h',
  ],
  [
    'a window too narrow for monthly checks: the line is that of the key that is there',
    '\ncheck.schedule = "0 0 1 * *"',
    'line 2: windows.opens leaves 60 d before windows.urgent, which is not enough for two checks (31 d apart) and 21 h without a maintenance window: it needs at least 62 d 21 h',
  ],
  [
    'two sinks of one name',
    'alerts.webhook = [\n{ name = "a", url = "http://x" },\n{ name = "a", url = "http://y" }]',
    'line 3: alerts.webhook[1].name is already the name of another sink',
  ],
  [
    'a shape that needs a token',
    '[[alerts.webhook]]\nurl = "http://x"\nshape = "gotify"',
    'line 1: alerts.webhook[0].token_file is missing: the shape "gotify" needs a file with the token',
  ],
  [
    'a chat that is not for this shape',
    '[[alerts.webhook]]\nurl = "http://x"\nshape = "slack"\nchat_id = "1"',
    'line 4: alerts.webhook[0].chat_id does not apply to the shape "slack"',
  ],
  [
    'a bot without a chat; its address has a default',
    '[[alerts.webhook]]\nshape = "telegram"\ntoken_file = "t"',
    'line 1: alerts.webhook[0].chat_id is missing: the shape "telegram" needs the id of a chat',
  ],
  [
    'an alias of a room',
    '[[alerts.webhook]]\nurl = "http://x"\nshape = "matrix"\ntoken_file = "t"\nroom = "#ops:example.org"',
    'line 5: alerts.webhook[0].room is not the id of a room: that begins with "!", and an alias is not one',
  ],
  [
    'ntfy without a topic',
    '[[alerts.webhook]]\nurl = "https://ntfy.sh"\nshape = "ntfy"',
    'line 2: alerts.webhook[0].url must be the address of a topic, for example "https://ntfy.sh/TOPIC"',
  ],
  [
    'a password without a user',
    '[[alerts.email]]\nhost = "h"\nfrom = "f"\nto = ["t"]\npassword_file = "p"',
    'line 5: alerts.email[0].password_file needs "user" as well',
  ],
];
for (const [name, text, expected] of SINGLE)
  test(`refused: ${name}`, async () => assert.deepEqual(await faults(text), [expected]));

test('a text that is not TOML is refused with line and column', async () => {
  assert.match((await faults('mode = "renew"\nmode = "renew"\n'))[0]!, /^line 2: is not valid TOML at column \d+: /);
});

test('errors never quote a value, which may be a secret in the wrong place', async () => {
  const text =
    '[[alerts.webhook]]\nurl = "hunter2-secret"\nsecret_file = "!hunter2-secret"\npassword = "hunter2-secret"';
  assert.doesNotMatch((await faults(text)).join('\n'), /hunter2/);
});

test('the longest time without a maintenance window', () => {
  const gap = (days: number[], start: number, end: number) =>
    longestMaintenanceGap({ days, start, end, time_zone: 'node' });
  const every = [0, 1, 2, 3, 4, 5, 6];
  assert.equal(gap(every, 120, 300), 21 * HOUR);
  assert.equal(gap(every, 0, 0), 0);
  assert.equal(gap(every, 1380, 60), 22 * HOUR);
  assert.equal(gap([6], 120, 300), 7 * DAY - 3 * HOUR);
  assert.equal(gap([1, 2, 5], 0, 60), 3 * DAY - HOUR);
});

test('the default schedule is what its constant says', async () => {
  assert.equal(await longestInterval(DEFAULT_SCHEDULE), DEFAULT_INTERVAL);
});

test('labels: any names that Prometheus allows and certagent does not use itself, with text that fits in a line', async () => {
  const config = await parseConfig('[alerts.labels]\nsite = "oslo"\ninstance = "edge-17:9100"\n_x9 = "a b"\n', 'c');
  assert.deepEqual(config.alerts.labels, { site: 'oslo', instance: 'edge-17:9100', _x9: 'a b' });
  assert.deepEqual((await parseConfig('alerts.labels = { site = "oslo" }', 'c')).alerts.labels, { site: 'oslo' });
  const wrong = `[alerts.labels]
a-b = "x"
9a = "x"
severity = "x"
__name__ = "x"
rack = 7
site = ""
room = "${'x'.repeat(101)}"
row = "a\\nb"`;
  assert.deepEqual(
    (await faults(wrong)).map((fault) => fault.replace(/(text|label|used|characters)\b.*/, '$1')),
    [
      'line 2: alerts.labels.a-b is not the name of a label',
      'line 3: alerts.labels.9a is not the name of a label',
      'line 4: alerts.labels.severity is a name that is already used',
      'line 5: alerts.labels.__name__ is a name that is already used',
      'line 6: alerts.labels.rack must be text',
      'line 7: alerts.labels.site must be one line of 1 to 100 characters',
      'line 8: alerts.labels.room must be one line of 1 to 100 characters',
      'line 9: alerts.labels.row must be one line of 1 to 100 characters',
    ],
  );
});

test('the identity of a node: its site, its labels, and alerts.labels where these say nothing', async () => {
  const text = '[node]\nsite = "oslo"\nname = "edge-17"\nlabels = { rack = "b7", site = "x" }\n';
  const config = await parseConfig(`${text}[alerts.labels]\nrack = "a1"\nsite = "y"\nrow = "2"\n`, 'c');
  assert.equal(JSON.stringify(nodeLabels(config)), '{"site":"oslo","rack":"b7","row":"2"}');
  assert.deepEqual(nodeLabels(await parseConfig('alerts.labels = { site = "oslo" }', 'c')), { site: 'oslo' });
  assert.deepEqual(
    (await faults('[node]\nsite = ""\nname = "a\\nb"\nlabels = { severity = "x" }')).map((fault) =>
      fault.replace(/(used|characters)\b.*/, '$1'),
    ),
    [
      'line 2: node.site must be one line of 1 to 100 characters',
      'line 3: node.name must be one line of 1 to 100 characters',
      'line 4: node.labels.severity is a name that is already used',
    ],
  );
});

test('a heartbeat has an address and a period, and its name is that of no sink', async () => {
  const { alerts } = await parseConfig('[[alerts.heartbeat]]\nurl = "https://h/x"\n', 'c');
  assert.deepEqual(alerts.heartbeat, [{ url: 'https://h/x', shape: 'healthchecks' }]);
  const wrong =
    '[[alerts.webhook]]\nname = "a"\nurl = "http://x"\n[[alerts.heartbeat]]\nname = "a"\nevery = "10s"\nurl_file = "/x"\n[[alerts.heartbeat]]\n';
  assert.deepEqual(await faults(wrong), [
    'line 5: alerts.heartbeat[0].name is already the name of another sink',
    'line 6: alerts.heartbeat[0].every must be at least 1m',
    'line 8: alerts.heartbeat[1].url is missing, and so is "url_file"',
  ]);
});

test('alerts.runbooks is an address, or empty', async () => {
  for (const address of ['', 'https://wiki.example.org/certagent', 'http://wiki/x?page='])
    assert.equal((await parseConfig(`alerts.runbooks = "${address}"`, 'c')).alerts.runbooks, address);
  for (const wrong of ['ftp://wiki/x', '/usr/share/doc', 'https://', 'https://a b'])
    assert.deepEqual(await faults(`alerts.runbooks = "${wrong}"`), [
      'line 1: alerts.runbooks is not an http or https address',
    ]);
});

const HINTS: [text: string, fault: string][] = [
  [
    '[[alerts.email]]\npassword = "x"',
    'line 2: alerts.email[0].password is not a key of the configuration: put it into a file, and name that file in "password_file"',
  ],
  [
    '[[alerts.webhook]]\nurl = "http://x"\nsecret = "x"',
    'line 3: alerts.webhook[0].secret is not a key of the configuration: put it into a file, and name that file in "secret_file"',
  ],
  [
    '[alerts.email]\nhost = "x"',
    'line 1: alerts.email must be a repeated table, in double brackets: [[…]] as in [[alerts.email]]',
  ],
  ['[windows]\nopens = "13w"', 'line 2: windows.opens is not a duration: there is no unit for weeks, write "91d"'],
  ['[windows]\nopens = "90 days"', 'line 2: windows.opens is not a duration: write "90d"'],
  ['[maintenance]\nstart = "2:00"', 'line 2: maintenance.start is not a time of day: write "02:00"'],
  [
    '[log]\nmode = "observe"',
    'line 2: log.mode is not a key of the configuration: write it at the top of the file, before the first table',
  ],
  ['opens = "90d"', 'line 1: opens is not a key of the configuration: it belongs in [windows]'],
  ['[watch]\npaths = "/etc/x.crt"', 'line 2: watch.paths must be a list of text, in brackets: ["…"]'],
];

for (const [text, fault] of HINTS)
  test(`a common mistake gets a hint: ${text.replaceAll('\n', ' ')}`, async () => {
    assert.ok((await faults(text)).includes(fault), (await faults(text)).join('\n'));
  });
