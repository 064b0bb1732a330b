import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { withMode } from '../../src/config/mode.ts';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import { handlers, served } from '../control/support.ts';
import { NODE, NOW, report } from './reports.ts';
import { certagent } from './support.ts';

const EDITS: [what: string, before: string, after: string][] = [
  ['the value alone', '# ours\nmode = "observe" # for now\n[log]\n', '# ours\nmode = "renew" # for now\n[log]\n'],
  ['single quotes', "mode='observe'\n", 'mode="renew"\n'],
  ['a quoted key', '"mode" = "observe"\n', '"mode" = "renew"\n'],
  ['Windows line breaks', '# a\r\nmode = "observe"\r\n', '# a\r\nmode = "renew"\r\n'],
  ['no mode', '[log]\nlevel = "warn"\n', 'mode = "renew"\n[log]\nlevel = "warn"\n'],
  ['a commented one', '# x\n#mode = "observe"\n[log]\n', '# x\nmode = "renew"\n[log]\n'],
  ['an empty file', '', 'mode = "renew"\n'],
];

for (const [what, before, after] of EDITS)
  test(`the mode is set, and nothing else is touched: ${what}`, async () => {
    assert.equal(await withMode(before, 'renew', 'config.toml'), after);
  });

test('a mode in a form that certagent does not edit is refused', async () => {
  await assert.rejects(withMode('mode = """observe"""\n', 'renew', 'config.toml'), { code: 'CONFIG_NOT_EDITED' });
});

test('enable shows the plan, keeps comments and mode of the file, and the daemon reads it; disable goes back', async (t) => {
  let reloads = 0;
  const reload = async () => {
    reloads += 1;
  };
  const asked: unknown[] = [];
  const plan = async (request: unknown) => {
    asked.push(request);
    return handlers().plan();
  };
  const root = await served(t, { plan, reload });
  const file = await put(root, '# ours\nmode = "observe"\n[maintenance]\nstart = "03:00"\nend = "04:00"\n');
  const unasked = await certagent(root, ['enable']);
  assert.equal(unasked.exitCode, 2);
  assert.match(unasked.stderr, /cannot ask without a terminal/);
  assert.match(await readFile(file, 'utf8'), /mode = "observe"/);
  const enabled = await certagent(root, ['enable', '--yes']);
  assert.equal(enabled.exitCode, 0, enabled.stderr);
  assert.match(
    enabled.stdout,
    /Nothing would run now\.[\s\S]*between 03:00 and 04:00[\s\S]*renews what is due from now on\.\n$/,
  );
  assert.equal(await readFile(file, 'utf8'), '# ours\nmode = "renew"\n[maintenance]\nstart = "03:00"\nend = "04:00"\n');
  assert.equal((await stat(file)).mode & 0o777, 0o640);
  assert.equal(reloads, 1);
  // The plan as if it were enabled: an observing daemon's own plan is always empty.
  assert.deepEqual(asked, [WANTED, WANTED]);
  assert.match((await certagent(root, ['enable'])).stdout, /already renews on this node/);
  assert.match((await certagent(root, ['disable'])).stdout, /only observes from now on\.\n$/);
  assert.match(await readFile(file, 'utf8'), /^# ours\nmode = "observe"\n/);
  assert.equal(reloads, 2);
});

const WANTED = { force: false, enabled: true };

for (const [what, until, expected] of [
  ['now', NOW, /The renewal above begins AT ONCE\.\n/],
  ['later', NOW + 3_600_000, /The renewal above begins on \d{4}-\d\d-\d\d \d\d:\d\d \(\S+\)\.\n/],
] as const)
  test(`enable says when the renewal that it shows begins: ${what}`, async (t) => {
    const renewal: StatusReport['renewal'] = { kind: 'observing', until, ids: ['apiserver'], why: 'w', blockers: [] };
    const root = await served(t, { status: async () => ({ ...report(), at: NOW, renewal }), reload: async () => {} });
    await put(root, 'mode = "observe"\n');
    const { stdout } = await certagent(root, ['enable', '--yes']);
    assert.match(stdout, /between 02:00 and 05:00 on every day, and immediately/);
    assert.match(stdout, expected);
  });

test('enable writes the mode where there is no configuration yet', async (t) => {
  const root = await served(t);
  assert.equal((await certagent(root, ['disable'])).exitCode, 0);
  assert.equal(await readFile(root.at(CONFIG_FILE), 'utf8'), 'mode = "observe"\n');
});

test('a machine that may renew, and has no daemon, does not renew', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-enable-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const { exitCode, stdout } = await certagent(new Root(directory), ['enable', '--yes']);
  assert.equal(exitCode, 0);
  // And there is no node on it.
  assert.match(
    stdout,
    /^No Kubernetes node was found on this machine .*\nThe mode is already "renew", but no daemon is running: nothing is renewed\./,
  );
});

test('a machine without a node: enable says so, and that certagent waits for one', async (t) => {
  const node = { ...NODE, distribution: null, role: null };
  const root = await served(t, { status: async () => ({ ...report(), node }), reload: async () => {} });
  await put(root, 'mode = "observe"\n');
  const says =
    /No Kubernetes node was found on this machine \(neither kubeadm.*\): .*certagent looks for one at every check/s;
  const first = await certagent(root, ['enable', '--yes']);
  assert.deepEqual([first.exitCode, says.test(first.stdout)], [0, true], first.stdout);
  const second = await certagent(root, ['enable', '--yes']);
  assert.deepEqual([second.exitCode, says.test(second.stdout)], [0, true], second.stdout);
  assert.doesNotMatch(second.stdout, /already renews/);
});

test('a configuration with errors is left alone', async (t) => {
  const root = await served(t);
  const file = await put(root, 'mode = "observe"\nmodus = 1\n');
  const { exitCode, stderr } = await certagent(root, ['disable']);
  assert.equal(exitCode, 1);
  assert.match(stderr, /modus/);
  assert.equal(await readFile(file, 'utf8'), 'mode = "observe"\nmodus = 1\n');
});

async function put(root: Root, text: string): Promise<string> {
  const file = root.at(CONFIG_FILE);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode: 0o640 });
  return file;
}
