// A daemon that cannot start exits with a code and a reason, and releases its lock: else systemd counts no failure.
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { takeLock } from '../../src/host/lock.ts';
import type { Root } from '../../src/host/root.ts';
import { certagent } from '../cli/support.ts';
import { temporaryRoot } from '../control/support.ts';

async function put(root: Root, path: string, text: string): Promise<void> {
  await mkdir(dirname(root.at(path)), { recursive: true });
  await writeFile(root.at(path), text);
}

const LOCK = '/var/lib/certagent/lock';
const SOCKET = '/run/certagent/control.sock';

/** Found at each stage of the start: before the lock, with the lock, with the agent, with one socket open. */
const FAULTS: [what: string, code: string, make: (root: Root, t: TestContext) => Promise<unknown>][] = [
  [
    'a configuration that is refused',
    'CONFIG_REFUSED',
    (root) => put(root, '/etc/certagent/config.toml', 'mode = "x"'),
  ],
  ['a lock that is a directory', 'LOCK_UNAVAILABLE', (root) => mkdir(root.at(LOCK), { recursive: true })],
  [
    'a journal that cannot be read',
    'JOURNAL_UNREADABLE',
    (root) => put(root, '/var/lib/certagent/journal.jsonl', '{}\n{}\n'),
  ],
  ['a file at the control socket', 'SOCKET_TAKEN', (root) => put(root, SOCKET, '')],
  ['a file at the status socket', 'SOCKET_TAKEN', (root) => put(root, '/run/certagent/status.sock', '')],
  ['a run directory that is a file', 'ENOTDIR|EEXIST', (root) => put(root, '/run/certagent', '')],
  [
    'another process that listens on the control socket',
    'ALREADY_RUNNING',
    async (root, t) => {
      await mkdir(dirname(root.at(SOCKET)), { recursive: true });
      const server = createServer().listen(root.at(SOCKET));
      t.after(() => server.close());
    },
  ],
];

for (const [what, code, make] of FAULTS) {
  test(`a start that fails because of ${what} exits with ${code}`, async (t) => {
    const root = await temporaryRoot(t);
    await make(root, t);
    const { exitCode, stderr } = await certagent(root, ['run']);
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`\\((${code})\\)`));
    if (code !== 'LOCK_UNAVAILABLE') await (await takeLock(root.at(LOCK)))();
  });
}

test("systemd's start limit is reached by starts that fail at once, and by starts that hang", async () => {
  const unit = await readFile('systemd/certagent.service', 'utf8');
  const number = (key: string) => Number(new RegExp(`^${key}=(\\d+)`, 'm').exec(unit)?.[1]);
  assert.match(unit, /^StartLimitIntervalSec=\d+min$/m);
  const interval = number('StartLimitIntervalSec') * 60;
  for (const tries of [0, number('TimeoutStartSec')])
    assert.ok(number('StartLimitBurst') * (tries + number('RestartSec')) < interval, `${tries} s for each start`);
});
