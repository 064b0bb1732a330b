// The Ansible role as an operator runs it, with Debian's own Ansible, on a kubeadm node under systemd 257.
import assert from 'node:assert/strict';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { PROJECT } from '../../build/project.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { CONFIG_FILE } from '../../src/host/root.ts';
import { reasonToSkip } from './base.ts';
import { makeMachine } from './machine.ts';
import { installNode, startNode } from './node.ts';
import { packageFile } from './package.ts';
import { status } from './support.ts';

const skip =
  process.env.CERTAGENT_LONG === '1' ? await reasonToSkip() : 'takes minutes: CERTAGENT_LONG=1, npm run test:long';

/** Where the role finds the packages, as in the source. */
const SOURCE = '/root/certagent';
const PLAYBOOKS = `${SOURCE}/packaging/ansible`;
const SECRET = 'https://127.0.0.1:9/services/T0P-S3CRET';

const VARIABLES = {
  certagent_site: 'oslo',
  certagent_labels: { rack: 'b7' },
  certagent_secrets: { 'chat-url': SECRET },
  certagent_members: ['alice'],
  certagent_config:
    '[clock]\nrequire_synchronized = false\n\n[[alerts.webhook]]\nurl_file = "/etc/certagent/chat-url"\nshape = "slack"\n',
};

test('the Ansible role installs, configures, waits, and changes nothing the second time', {
  skip,
  timeout: 2_400_000,
}, async (t) => {
  const machine = await makeMachine('trixie', {
    packages: ['ansible-core', 'python3-apt', 'python3-cffi-backend'],
    runsContainers: false,
  });
  t.after(() => machine.remove());
  const node = await installNode(machine, {
    kind: 'kubeadm',
    leafEnds: Date.now() + 20 * DAY,
    speed: 0.1,
    keys: 'rsa',
  });
  cpSync(join(PROJECT, 'packaging/ansible'), machine.at(PLAYBOOKS), { recursive: true });
  await copyPackages(machine.at(`${SOURCE}/dist`));
  await machine.boot();
  await machine.must('useradd', '--create-home', 'alice');
  await startNode(machine, node);

  /** "ok=12 changed=3 … failed=0" as numbers, and all that was printed. */
  async function play(variables: object, ...words: string[]) {
    const hosts = { node: { ansible_connection: 'local', ...VARIABLES, ...variables } };
    writeFileSync(machine.at(`${PLAYBOOKS}/inventory.json`), JSON.stringify({ kubernetes_nodes: { hosts } }));
    const command = ['ansible-playbook', '-i', 'inventory.json', 'playbook.yml', ...words];
    const { code, stdout, stderr } = await machine.run('env', '-C', PLAYBOOKS, ...command);
    const output = stdout + stderr;
    const count = (name: string) => Number(new RegExp(`\\b${name}=(\\d+)`).exec(output)?.[1] ?? Number.NaN);
    t.diagnostic(output.trim().split('\n').at(-1) ?? '');
    assert.ok(!output.includes(SECRET), 'a secret is printed');
    return { code, output, changed: count('changed'), failed: count('failed') };
  }

  await t.test('check mode on a fresh node succeeds and changes nothing', async () => {
    const { code, output } = await play({}, '--check');
    assert.equal(code, 0, output);
    assert.equal(existsSync(machine.at('/usr/bin/certagent')), false);
    assert.equal(existsSync(machine.at('/etc/certagent')), false);
  });

  await t.test('a package that SHA256SUMS does not name is refused', async () => {
    const sums = machine.at(`${SOURCE}/dist/SHA256SUMS`);
    const right = readFileSync(sums, 'utf8');
    writeFileSync(sums, right.replace(/[0-9a-f]{8}/g, '00000000'));
    const { code, output } = await play({});
    writeFileSync(sums, right);
    assert.notEqual(code, 0);
    assert.match(output, /its checksum is not in SHA256SUMS/);
    assert.equal(existsSync(machine.at('/usr/bin/certagent')), false);
  });

  await t.test('the first run installs and observes; the second changes nothing', async () => {
    const first = await play({});
    assert.equal(first.code, 0, first.output);
    assert.ok(first.changed > 3, first.output);
    const { mode, labels, renewal } = await status({ machine });
    assert.deepEqual([mode, labels.site, renewal.kind], ['observe', 'oslo', 'observing']);
    assert.equal(await machine.must('stat', '-c', '%U:%G %a', CONFIG_FILE), 'root:certagent 640\n');
    assert.equal(await machine.must('stat', '-c', '%U:%G %a', '/etc/certagent/chat-url'), 'root:root 600\n');
    assert.match(await machine.must('id', 'alice'), /certagent/);
    assert.deepEqual(
      readdirSync(machine.at('/var/cache')).filter((name) => name.startsWith('certagent')),
      [],
    );
    const second = await play({});
    assert.deepEqual([second.code, second.changed, second.failed], [0, 0, 0], second.output);
    const checked = await play({}, '--check');
    assert.deepEqual([checked.code, checked.changed], [0, 0], checked.output);
  });

  await t.test('a configuration that certagent refuses is not written', async () => {
    const before = readFileSync(machine.at(CONFIG_FILE), 'utf8');
    const { code, output } = await play({ certagent_config: '[maintenence]\ndays = ["sat"]\n' });
    assert.notEqual(code, 0);
    assert.match(output, /maintenence is not a key of the configuration/);
    assert.equal(readFileSync(machine.at(CONFIG_FILE), 'utf8'), before);
  });

  await t.test('renew: the play is over when the renewal that it caused is', async () => {
    const { code, output } = await play({ certagent_mode: 'renew' });
    assert.equal(code, 0, output);
    const { mode, running, lastAttempt } = await status({ machine });
    assert.deepEqual([mode, running, lastAttempt?.result], ['renew', null, 'succeeded']);
    const again = await play({ certagent_mode: 'renew' });
    assert.deepEqual([again.code, again.changed], [0, 0], again.output);
  });

  await t.test('from the archive, with the same result', async () => {
    await machine.must('apt-get', 'purge', '--yes', 'certagent');
    const first = await play({ certagent_package: 'archive' });
    assert.equal(first.code, 0, first.output);
    assert.equal((await status({ machine })).mode, 'observe');
    const second = await play({ certagent_package: 'archive' });
    assert.deepEqual([second.code, second.changed, second.failed], [0, 0, 0], second.output);
  });
});

/** The package, the archive and SHA256SUMS. */
async function copyPackages(into: string): Promise<void> {
  const directory = dirname(await packageFile());
  mkdirSync(into, { recursive: true });
  for (const name of readdirSync(directory))
    if (/^certagent.*\.(deb|gz)$|^SHA256SUMS$/.test(name))
      copyFileSync(join(directory, name), join(into, basename(name)));
}
