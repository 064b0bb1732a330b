// What `certagent config check` finds in a configuration that a daemon starts with.
import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { rememberMode } from '../../src/config/kept-mode.ts';
import { describeProblem } from '../../src/config/load.ts';
import { checkConfig, checkDraft } from '../../src/daemon/check-config.ts';
import { isMailAddress } from '../../src/daemon/config-checks/sink-addresses.ts';
import { CONFIG_FILE, type Root } from '../../src/host/root.ts';
import { temporaryRoot } from '../control/support.ts';

async function put(root: Root, path: string, text: string, mode = 0o600): Promise<void> {
  await mkdir(dirname(root.at(path)), { recursive: true });
  await writeFile(root.at(path), text);
  await chmod(root.at(path), mode);
}

/** A node with some files, and the warnings about a configuration on it. */
async function warningsOf(t: TestContext, text: string, mode = 0o640): Promise<string[]> {
  const root = await temporaryRoot(t);
  await put(root, '/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n', 0o644);
  for (const home of ['/home/alice', '/root']) await mkdir(root.at(home), { recursive: true });
  await put(root, '/etc/group', 'root:x:0:\nadm:x:4:\n', 0o644);
  for (const program of ['apprise', 'x']) await put(root, `/usr/bin/${program}`, '#!/bin/sh\n', 0o755);
  await put(root, '/etc/certagent/secret', 'x');
  await put(root, '/etc/certagent/open', 'x', 0o644);
  await put(root, '/etc/certagent/empty', '');
  await put(root, '/etc/certagent/ca.pem', '-----BEGIN CERTIFICATE-----\n', 0o644);
  await put(root, '/usr/lib/systemd/system/certagent.service', '[Service]\nLoadCredential=known:/etc/x\n', 0o644);
  await put(root, '/etc/systemd/system/certagent.service.d/mail.conf', '[Service]\nSetCredential=mail:x\n', 0o644);
  await put(root, CONFIG_FILE, text, mode);
  return (await checkConfig(root, CONFIG_FILE)).map((each) => describeProblem(each).replaceAll(root.prefix, ''));
}

const MAIL = 'host = "smtp.example.org"\nfrom = "certagent@example.org"\nto = ["ops@example.org"]';
const email = (line: string) => `[[alerts.email]]\n${MAIL}\n${line}\n`;
const hook = (lines: string) => `[[alerts.webhook]]\n${lines}\n`;

const NOT_LOADED =
  'names a credential that certagent.service does not load: systemctl edit certagent, LoadCredential=NAME:FILE, or name a file with its whole path';
const NOT_MAIL = 'is not an email address: use the form "ops@example.org" or "Name <ops@example.org>"';

const CASES: [what: string, text: string, expected: string[]][] = [
  ['nothing', email('user = "a"\npassword_file = "/etc/certagent/secret"\nca_file = "/etc/certagent/ca.pem"'), []],
  [
    'a password file that is missing',
    email('user = "a"\npassword_file = "/etc/certagent/none"'),
    ['line 6: alerts.email[0].password_file names a file that does not exist'],
  ],
  [
    'an empty one',
    email('user = "a"\npassword_file = "/etc/certagent/empty"'),
    ['line 6: alerts.email[0].password_file names an empty file'],
  ],
  [
    'a directory',
    email('user = "a"\npassword_file = "/etc/certagent"'),
    ['line 6: alerts.email[0].password_file names something that is not a file'],
  ],
  [
    'a CA file without a certificate',
    email('ca_file = "/etc/certagent/secret"'),
    ['line 5: alerts.email[0].ca_file names a file without a PEM certificate'],
  ],
  ['a credential that the unit has', email('user = "a"\npassword_file = "known"'), []],
  ['one that a drop-in has', email('user = "a"\npassword_file = "mail"'), []],
  ['one that the unit does not have', hook('url_file = "chat"'), [`line 2: alerts.webhook[0].url_file ${NOT_LOADED}`]],
  [
    'an open secret',
    email('user = "a"\npassword_file = "/etc/certagent/open"'),
    ['line 6: alerts.email[0].password_file names a secret that every user can read: chmod o-r /etc/certagent/open'],
  ],
  [
    'a missing kubeadm configuration',
    '[renew]\nkubeadm_config = "/etc/none.yaml"\n',
    ['line 2: renew.kubeadm_config names a file that does not exist'],
  ],
  [
    'paths',
    '[watch]\npaths = ["/none", "/none/*"]\n[copies]\npaths = ["/srv/none"]\n[metrics]\ntextfile = "/srv/x.prom"\n',
    [
      'line 2: watch.paths[0] names a file that does not exist',
      'line 4: copies.paths[0] names a file that does not exist',
      'line 6: metrics.textfile is in a directory that does not exist',
    ],
  ],
  [
    'accounts',
    '[copies]\nusers = ["alice", "bob"]\ndeny = ["eve"]\n[control]\ngroup = "none"\n',
    [
      'line 2: copies.users[1] names a user that this node does not know',
      'line 3: copies.deny[0] names a user that this node does not know',
      'line 5: control.group names a group that /etc/group does not have: only root can use the status socket',
    ],
  ],
  [
    "users' certificates where no file can be, and a user of the cluster in copies.deny",
    `[copies]\ndeny = ["ci", "eve"]\n${['/home/zoe/.kube/config', '/srv/none/config', '/home/alice/config', '/root/ci']
      .map((file) => `[[users.certificates]]\nkubeconfig = "${file}"\nuser = "ci"\n`)
      .join('')}`,
    [
      'line 2: copies.deny[1] names a user that this node does not know',
      'line 4: users.certificates[0].kubeconfig is in the home of no account that this node knows',
      'line 7: users.certificates[1].kubeconfig is in a directory that does not exist',
    ],
  ],
  [
    'a program that is not there',
    '[[alerts.command]]\ncommand = ["apprise2"]\n',
    ['line 2: alerts.command[0].command names a program that this node does not have'],
  ],
  [
    'a unit that is not there',
    '[node]\nunit = "k3s-edge"\n',
    ['line 2: node.unit names a unit that systemd has no file of'],
  ],
  ['a unit that is there', '[node]\nunit = "certagent"\n', []],
  [
    'a window of a minute',
    '[maintenance]\nstart = "02:00"\nend = "02:01"\n',
    ['line 3: maintenance.end makes a window of 1 min: 10 min or more is usual'],
  ],
  ['a group that exists', '[control]\ngroup = "adm"\n', []],
  [
    'a program of an unknown user',
    '[[alerts.command]]\ncommand = ["/usr/bin/apprise"]\nuser = "bob"\n',
    ['line 3: alerts.command[0].user names a user that this node does not know'],
  ],
  [
    'mail addresses',
    '[[alerts.email]]\nhost = "smtp://mail"\nfrom = "not an address"\nto = ["ops@example.org", "also not"]\n',
    [
      'line 2: alerts.email[0].host is not a host name: leave out the protocol, and put the port into "port"',
      `line 3: alerts.email[0].from ${NOT_MAIL}`,
      `line 4: alerts.email[0].to[1] ${NOT_MAIL}`,
    ],
  ],
  [
    'Alertmanager without its path',
    hook('shape = "alertmanager"\nurl = "http://127.0.0.1:9093"'),
    [
      'line 3: alerts.webhook[0].url does not end with /api/v2/alerts, where Alertmanager takes alerts: it can answer "accepted" elsewhere and lose them',
    ],
  ],
  ['Alertmanager below a prefix', hook('shape = "alertmanager"\nurl = "http://127.0.0.1:9093/am/api/v2/alerts"'), []],
  [
    'durations',
    '[windows]\nopens = "900d"\n[alerts]\nrepeat = "1s"\n',
    [
      'line 2: windows.opens is unusually long: 365 d or less is usual',
      'line 4: alerts.repeat is unusually short: 5 min or more is usual',
    ],
  ],
  [
    'intervals of sinks',
    '[[alerts.heartbeat]]\nurl_file = "/etc/certagent/secret"\nevery = "90d"\n[[alerts.command]]\ncommand = ["x"]\nlimit = "0s"\n',
    [
      'line 3: alerts.heartbeat[0].every is unusually long: 1 d or less is usual',
      'line 6: alerts.command[0].limit is unusually short: 1 s or more is usual',
    ],
  ],
];

for (const [what, text, expected] of CASES)
  test(`config check warns of: ${what}`, async (t) => {
    assert.deepEqual(await warningsOf(t, text), expected);
  });

test('a secret address in a file that every user can read', async (t) => {
  const slack = hook('shape = "slack"\nurl = "https://hooks.example.org/T0/B0/x"');
  const secret = (place: string) =>
    `${place} is a secret, and every user can read it: chmod o-r /etc/certagent/config.toml`;
  assert.deepEqual(await warningsOf(t, slack, 0o644), [secret('line 3: alerts.webhook[0].url')]);
  assert.deepEqual(await warningsOf(t, slack, 0o640), []);
  assert.deepEqual(await warningsOf(t, hook('url = "https://u:p@example.org/"'), 0o644), [
    secret('line 2: alerts.webhook[0].url'),
  ]);
  assert.deepEqual(await warningsOf(t, hook('url = "https://example.org/"'), 0o644), []);
  assert.deepEqual(await warningsOf(t, '[[alerts.heartbeat]]\nurl = "https://hc-ping.com/x"', 0o644), [
    secret('line 2: alerts.heartbeat[0].url'),
  ]);
});

test('metrics in a directory that everybody can write to', async (t) => {
  const root = await temporaryRoot(t);
  await mkdir(root.at('/srv/open'), { recursive: true });
  await chmod(root.at('/srv/open'), 0o777);
  await put(root, CONFIG_FILE, '[metrics]\ntextfile = "/srv/open/x.prom"\n', 0o640);
  const [problem, ...others] = await checkConfig(root, CONFIG_FILE);
  assert.match(
    describeProblem(problem!),
    /^line 2: metrics\.textfile will not be written: .*\/srv\/open can be written by others/,
  );
  assert.deepEqual(others, []);
});

test('a mode that is missing on a node that was observed', async (t) => {
  const root = await temporaryRoot(t);
  await put(root, CONFIG_FILE, '');
  assert.deepEqual(await checkConfig(root, CONFIG_FILE), []);
  await rememberMode(root, 'observe');
  const [warning] = await checkConfig(root, CONFIG_FILE);
  assert.equal(warning?.key, 'mode');
  assert.match(warning?.message ?? '', /goes on observing/);
});

test('a draft gets the same warnings, but not about who can read it', async (t) => {
  const root = await temporaryRoot(t);
  await put(root, '/tmp/draft.toml', hook('shape = "slack"\nurl = "https://x/y"\nca_file = "/none"'), 0o644);
  const found = await checkDraft(root, root.at('/tmp/draft.toml'));
  assert.deepEqual(found.map(describeProblem), ['line 4: alerts.webhook[0].ca_file names a file that does not exist']);
});

test('what is an email address', () => {
  for (const good of ['a@b', 'Ops <ops@example.org>', 'o.p+s@ex-ample.org', 'root@localhost', 'a@[192.0.2.1]', '<a@b>'])
    assert.ok(isMailAddress(good), good);
  for (const bad of ['', 'ops', 'a@', '@b', 'a b@c', 'a@b@c', 'a@b, c@d', 'Ops <ops>', 'a@-b', 'a@b..c'])
    assert.ok(!isMailAddress(bad), bad);
});
