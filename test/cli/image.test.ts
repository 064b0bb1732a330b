// `--root DIR`: an image that somebody else prepared is only read, and reading creates and writes nothing.
import assert from 'node:assert/strict';
import { chmod, chown, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setMode } from '../../src/config/mode.ts';
import { remote } from '../../src/control/client.ts';
import type { ControlHandlers } from '../../src/control/handlers.ts';
import { serveControl } from '../../src/control/server.ts';
import { runDaemon } from '../../src/daemon/run-daemon.ts';
import { makeSoloAgent } from '../../src/daemon/solo.ts';
import { followLinks } from '../../src/host/links.ts';
import { silentLog } from '../../src/host/logger.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import { handlers } from '../control/support.ts';
import { certagent } from './support.ts';

const SOMEBODY = 64_126;
const skip = process.getuid!() === 0 ? false : 'only root can give a file away';

/** What a command asks of a node without a daemon. */
const READING: [command: string, ask: (node: ControlHandlers) => Promise<unknown>][] = [
  ['status', (node) => node.status()],
  ['plan', (node) => node.plan()],
  ['plan --force', (node) => node.plan({ force: true, enabled: true })],
  ['history', (node) => node.history()],
  ['restore (the list)', (node) => node.backups()],
  ['sync --dry-run', (node) => node.sync({ dryRun: true })],
];
const ACTING: [command: string, act: (node: ControlHandlers) => Promise<unknown>][] = [
  ['check', (node) => node.check()],
  ['renew', (node) => node.renew({ force: false }, () => {})],
  ['restore', (node) => node.restore({ plan: 'p' }, () => {})],
  ['sync', (node) => node.sync({ dryRun: false })],
  ['alert test', (node) => node.testAlerts()],
  ['clock accept', (node) => node.acceptClock()],
];

async function ask<T>(root: Root, call: (node: ControlHandlers) => Promise<T>): Promise<T> {
  const agent = await makeSoloAgent({ root, configFile: CONFIG_FILE, now: Date.now, log: silentLog });
  try {
    return await call(agent);
  } finally {
    await agent.close();
  }
}

/** An image whose programs leave a mark, beside a directory that must stay as it is. */
async function image(t: TestContext): Promise<{ root: Root; outside: string }> {
  const top = await mkdtemp(join(tmpdir(), 'certagent-image-'));
  t.after(() => rm(top, { recursive: true, force: true }));
  const [directory, outside] = [join(top, 'image'), join(top, 'outside')];
  await mkdir(outside);
  await writeFile(join(outside, 'precious'), 'mode = "observe"\n');
  await chmod(join(outside, 'precious'), 0o644);
  const root = new Root(directory);
  for (const name of ['timedatectl', 'systemctl', 'kubeadm', 'k3s'])
    await put(root, `/usr/bin/${name}`, `#!/bin/sh\necho ${name} >> ${join(top, 'ran')}\n`, 0o755);
  await put(root, '/etc/kubernetes/pki/ca.crt', 'none');
  await put(root, '/etc/kubernetes/manifests/kube-apiserver.yaml', 'none');
  await chmod(top, 0o755);
  return { root, outside };
}

async function put(root: Root, path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(root.at(path)), { recursive: true });
  await writeFile(root.at(path), text, { mode });
}

const ran = (root: Root): Promise<string> => readFile(join(root.prefix, '../ran'), 'utf8').catch(() => '');

/** Everything below a directory with its mode, owner, size and times: whatever is made or written changes it. */
async function snapshot(directory: string): Promise<string[]> {
  const lines: string[] = [];
  for (const name of ['', ...(await readdir(directory, { recursive: true })).sort()]) {
    const { mode, uid, gid, size, mtimeMs, ctimeMs } = await lstat(join(directory, name));
    lines.push([name, mode.toString(8), uid, gid, size, mtimeMs, ctimeMs].join(' '));
  }
  return lines;
}

test('commands that only read create and write nothing in an image', async (t) => {
  const { root } = await image(t);
  const before = await snapshot(root.prefix);
  for (const [command, call] of READING) {
    await ask(root, call);
    assert.deepEqual(await snapshot(root.prefix), before, command);
  }
  assert.match(await ran(root), /timedatectl/, 'the programs of an image of ours are run');
  const { stderr, exitCode } = await certagent(root, ['status']);
  assert.deepEqual([stderr, exitCode], ['', 0]);
  assert.deepEqual(await snapshot(root.prefix), before);
});

/** Ways in which others can write to an image. */
const FOREIGN: Record<string, (root: Root) => Promise<void>> = {
  'belongs to another user': (root) => chown(root.prefix, SOMEBODY, SOMEBODY),
  'may be written by all': (root) => chmod(root.prefix, 0o777),
  'may be written by a group': (root) => chmod(root.prefix, 0o770),
  'is in a directory of another user': (root) => chown(dirname(root.prefix), SOMEBODY, SOMEBODY),
};
for (const [what, make] of Object.entries(FOREIGN)) {
  test(`an image that ${what} is only read: none of its programs run, and nothing is written`, { skip }, async (t) => {
    const { root, outside } = await image(t);
    await make(root);
    await put(root, '/etc/certagent/config.toml', 'mode = "renew"\n');
    const before = [...(await snapshot(root.prefix)), ...(await snapshot(outside))];
    for (const [, call] of READING) await ask(root, call);
    for (const [command, call] of ACTING) await assert.rejects(ask(root, call), { code: 'ROOT_FOREIGN' }, command);
    await assert.rejects(runDaemon({ root: root.prefix, configFile: CONFIG_FILE }), { code: 'ROOT_FOREIGN' });
    assert.deepEqual([...(await snapshot(root.prefix)), ...(await snapshot(outside))], before);
    assert.equal(await ran(root), '');
  });
}

test('on an image that others can write to, a command reports what it does not do', { skip }, async (t) => {
  const { root } = await image(t);
  await chown(root.prefix, SOMEBODY, SOMEBODY);
  const status = await certagent(root, ['status']);
  assert.equal(status.exitCode, 0);
  assert.match(status.stderr, /no program below .* is run/);
  const enable = await certagent(root, ['enable', '--yes']);
  assert.equal(enable.exitCode, 1);
  assert.match(enable.stderr, /ROOT_FOREIGN/);
});

/** Links that lead out of an image of root's; `precious` must not change. */
const LINKS: Record<string, (root: Root, outside: string) => Promise<void>> = {
  'the state directory': (root, outside) => link(root, '/var/lib/certagent', outside),
  'a directory above it': (root, outside) => link(root, '/var/lib', outside),
  'the lock': (root, outside) => link(root, '/var/lib/certagent/lock', join(outside, 'precious')),
  'the journal': (root, outside) => link(root, '/var/lib/certagent/journal.jsonl', join(outside, 'precious')),
  'the alerts': (root, outside) => link(root, '/var/lib/certagent/alerts.json', join(outside, 'precious')),
  'the clock': (root, outside) => link(root, '/var/lib/certagent/clock.json', join(outside, 'precious')),
  'the configuration': (root, outside) => link(root, '/etc/certagent/config.toml', join(outside, 'precious')),
  'its directory': (root, outside) => link(root, '/etc/certagent', outside),
  'the run directory': (root, outside) => link(root, '/run/certagent', outside),
  'the control socket': (root, outside) => link(root, '/run/certagent/control.sock', join(outside, 'precious')),
  'a relative link upwards': (root) => link(root, '/var/lib/certagent', '../../../outside'),
};
async function link(root: Root, path: string, target: string): Promise<void> {
  await mkdir(dirname(root.at(path)), { recursive: true });
  await symlink(target, root.at(path));
}
for (const [what, make] of Object.entries(LINKS)) {
  test(`a link out of an image, ${what}: its target does not change`, async (t) => {
    const { root, outside } = await image(t);
    await make(root, outside);
    const before = await snapshot(outside);
    for (const [, call] of [...READING, ...ACTING]) await ask(root, call).catch(() => {});
    await remote(root)
      .status()
      .catch(() => {});
    const server = await serveControl({ root, groupId: null, handlers: handlers() }).catch(() => null);
    await server?.close();
    await setMode(await followLinks(root, CONFIG_FILE), 'renew').catch(() => {});
    assert.deepEqual(await snapshot(outside), before);
  });
}

test('a link out of an image is not taken for one of its programs', async (t) => {
  const { root } = await image(t);
  const marks = join(root.prefix, '../marks');
  await writeFile(marks, `#!/bin/sh\necho outside >> ${join(root.prefix, '../ran')}\n`, { mode: 0o755 });
  await rm(root.at('/usr/bin/timedatectl'));
  await symlink(marks, root.at('/usr/bin/timedatectl'));
  await ask(root, (node) => node.status());
  assert.doesNotMatch(await ran(root), /outside/);
});

test('a root that is not there, or is a file, is an error with a code and a remedy', async (t) => {
  const { root } = await image(t);
  for (const [path, words] of [
    [join(root.prefix, 'none'), /does not exist/],
    [root.at('/etc/kubernetes/pki/ca.crt'), /is not a directory/],
  ] as const) {
    const { exitCode, stderr } = await certagent(new Root(path), ['status']);
    assert.equal(exitCode, 1);
    assert.match(stderr, words);
    assert.match(stderr, /ROOT_MISSING[\s\S]*What to do: .*--root DIR/);
  }
});
