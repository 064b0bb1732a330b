// Whose configuration, secrets and CAs are believed.
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readSecret } from '../../src/alert/secrets.ts';
import { authoritiesFor } from '../../src/alert/trusted-cas.ts';
import { ConfigError } from '../../src/config/load.ts';
import { loadNodeConfig } from '../../src/config/node-config.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';

const SOMEBODY = 64_125;
const skip = process.getuid!() === 0 ? false : 'only root can give a file away';

async function node(t: TestContext): Promise<Root> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-trust-'));
  t.after(() => rm(directory, { recursive: true }));
  const root = new Root(directory);
  await put(root, CONFIG_FILE, 'mode = "observe"\n');
  return root;
}

async function put(root: Root, path: string, text = 'secret'): Promise<void> {
  await mkdir(dirname(root.at(path)), { recursive: true });
  await writeFile(root.at(path), text, { mode: 0o600 });
}

/** What can be wrong with a file at PATH, whatever it is for. null: it is in order. */
const STATES: [what: string, make: (root: Root, path: string) => Promise<unknown>, why: RegExp | null][] = [
  ['is in order', async () => {}, null],
  ['may be read by all', (root, path) => chmod(root.at(path), 0o644), null],
  ['may be written by all', (root, path) => chmod(root.at(path), 0o666), /can be written by others \(mode 0666\)/],
  ['may be written by its group', (root, path) => chmod(root.at(path), 0o660), /can be written by others/],
  ['belongs to another user', (root, path) => chown(root.at(path), SOMEBODY, 0), /belongs to the user with the number/],
  [
    'is in a directory of another user',
    (root, path) => chown(root.at(dirname(path)), SOMEBODY, 0),
    /belongs to the user/,
  ],
  ['is in a directory that all may write', (root, path) => chmod(root.at(dirname(path)), 0o777), /mode 0777/],
  ['is in a sticky directory of root', (root, path) => chmod(root.at(dirname(path)), 0o1777), null],
  [
    'is a link to a file of another user',
    async (root, path) => {
      await put(root, '/srv/theirs', 'mode = "observe"\n');
      await chown(root.at('/srv/theirs'), SOMEBODY, 0);
      await rm(root.at(path));
      await symlink('/srv/theirs', root.at(path));
    },
    /belongs to the user/,
  ],
];

const KEYS: [key: string, text: string][] = [
  [
    'alerts.email[0].password_file',
    '[[alerts.email]]\nhost = "h"\nfrom = "f"\nto = ["t"]\nuser = "u"\npassword_file = "/srv/x/file"',
  ],
  ['alerts.email[0].ca_file', '[[alerts.email]]\nhost = "h"\nfrom = "f"\nto = ["t"]\nca_file = "/srv/x/file"'],
  ['alerts.webhook[0].secret_file', '[[alerts.webhook]]\nurl = "https://h"\nsecret_file = "/srv/x/file"'],
  ['alerts.webhook[0].url_file', '[[alerts.webhook]]\nurl_file = "/srv/x/file"'],
  ['alerts.webhook[0].ca_file', '[[alerts.webhook]]\nurl = "https://h"\nca_file = "/srv/x/file"'],
  ['alerts.heartbeat[0].url_file', '[[alerts.heartbeat]]\nurl_file = "/srv/x/file"'],
  ['renew.kubeadm_config', '[renew]\nkubeadm_config = "/srv/x/file"'],
];

for (const [what, make, why] of STATES) {
  test(`a configuration that ${what} is ${why === null ? 'used' : 'refused'}`, { skip }, async (t) => {
    const root = await node(t);
    await make(root, CONFIG_FILE);
    const loaded = loadNodeConfig(root, CONFIG_FILE);
    if (why === null) assert.equal((await loaded).mode, 'observe');
    else await assert.rejects(loaded, { code: 'CONFIG_UNTRUSTED', message: why, remedy: /chown root/ });
  });

  test(`a file that the configuration names and that ${what} is ${why === null ? 'used' : 'refused'}`, {
    skip,
  }, async (t) => {
    const root = await node(t);
    await put(root, '/srv/x/file');
    await make(root, '/srv/x/file');
    for (const [key, text] of KEYS) {
      await put(root, CONFIG_FILE, text);
      if (why === null) await loadNodeConfig(root, CONFIG_FILE);
      else assert.match(await faults(root), new RegExp(`^line \\d: ${key.replaceAll(/[[\].]/g, '\\$&')} names a file`));
      if (why !== null) assert.match(await faults(root), why);
    }
    // The file can change after the configuration was read.
    for (const read of [readSecret, authoritiesFor]) {
      const text = read(root, 'chat', '/srv/x/file');
      if (why === null) await text;
      else await assert.rejects(text, { message: why });
    }
  });
}

async function faults(root: Root): Promise<string> {
  const error = await loadNodeConfig(root, CONFIG_FILE).then(
    () => assert.fail('it was taken'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ConfigError, String(error));
  return error.problems.map(({ line, key, message }) => `line ${line}: ${key} ${message}`).join('\n');
}

test('a file that is not there, and a systemd credential, do not make a configuration refused', async (t) => {
  const root = await node(t);
  await put(root, CONFIG_FILE, '[[alerts.webhook]]\nurl_file = "chat-url"\nsecret_file = "/srv/later"\n');
  assert.equal((await loadNodeConfig(root, CONFIG_FILE)).alerts.webhook.length, 1);
});

const OF_THE_CLUSTER = [
  '/etc/kubernetes/pki/ca.key',
  '/etc/kubernetes/admin.conf',
  '/var/lib/kubelet/pki/kubelet-client-current.pem',
  '/var/lib/rancher/k3s/server/token',
  '/etc/rancher/k3s/k3s.yaml',
  '/etc/../etc/kubernetes/pki/sa.key',
];
for (const path of OF_THE_CLUSTER) {
  test(`${path} is not accepted as a sink's secret, by its name or through a link`, async (t) => {
    const root = await node(t);
    await put(root, path, 'x');
    await mkdir(root.at('/etc/certagent'), { recursive: true });
    await symlink(path, root.at('/etc/certagent/secret'));
    for (const named of [path, '/etc/certagent/secret']) {
      await put(root, CONFIG_FILE, `[[alerts.webhook]]\nurl = "https://h"\nsecret_file = "${named}"\n`);
      assert.match(await faults(root), /names a file of the cluster/);
    }
  });
}

const CONTENTS: Record<string, string> = {
  'a private key': '-----BEGIN EC PRIVATE KEY-----\nMHc=\n-----END EC PRIVATE KEY-----\n',
  'a kubeconfig': 'users:\n- name: a\n  user:\n    client-key-data: LS0t\n',
  'the token of K3s': `K10${'ab'.repeat(32)}::server:abc\n`,
};
for (const [what, text] of Object.entries(CONTENTS)) {
  test(`a secret file that holds ${what} is not sent, wherever it lies`, async (t) => {
    const root = await node(t);
    await put(root, '/srv/data/secret', text);
    await assert.rejects(readSecret(root, 'chat', '/srv/data/secret'), (error: Error) => {
      assert.match(error.message, /holds a key of a cluster/);
      assert.ok(!error.message.includes(text.slice(0, 8)));
      return true;
    });
  });
}
