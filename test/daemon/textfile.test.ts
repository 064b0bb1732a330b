import assert from 'node:assert/strict';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeTextfile } from '../../src/daemon/textfile.ts';
import type { Log } from '../../src/host/logger.ts';
import { silentLog } from '../../src/host/logger.ts';
import { Root } from '../../src/host/root.ts';

const DIRECTORY = '/var/lib/prometheus/node-exporter';
const FILE = `${DIRECTORY}/certagent.prom`;

async function setUp(t: TestContext) {
  const root = new Root(await mkdtemp(join(tmpdir(), 'certagent-textfile-')));
  t.after(() => rm(root.prefix, { recursive: true, force: true }));
  await mkdir(root.at(DIRECTORY), { recursive: true });
  const errors: string[] = [];
  const error = (_facts: unknown, text?: string) => void errors.push(text ?? '');
  const log: Log = { ...silentLog, error };
  return { root, errors, textfile: makeTextfile(root, log) };
}

test('the file is whole, for everyone to read, and nothing else is left in the directory', async (t) => {
  const { root, errors, textfile } = await setUp(t);
  for (const content of ['a 1\n', 'a 2\n']) {
    await textfile.write(FILE, async () => content);
    assert.equal(await readFile(root.at(FILE), 'utf8'), content);
  }
  assert.equal((await stat(root.at(FILE))).mode & 0o777, 0o644);
  assert.deepEqual(await readdir(root.at(DIRECTORY)), ['certagent.prom']);
  assert.deepEqual(errors, []);
});

test('nothing is written where others can change the directory; it is said once, and again after it was well', async (t) => {
  const { root, errors, textfile } = await setUp(t);
  const write = () => textfile.write(FILE, async () => 'a 1\n');
  await chmod(root.at(DIRECTORY), 0o777);
  await write();
  await write();
  assert.deepEqual(await readdir(root.at(DIRECTORY)), []);
  assert.equal(errors.length, 1);
  assert.match(errors[0]!, /metrics\.textfile is not written: .*node-exporter can be written by others/);
  await chmod(root.at(DIRECTORY), 0o755);
  await write();
  await chmod(root.at(DIRECTORY), 0o777);
  await write();
  assert.equal(errors.length, 2);
});

test('Debian gives /var/lib/prometheus to a user: the file is written, but not through a link of theirs', {
  skip: process.getuid?.() === 0 ? false : 'giving a directory away wants root',
}, async (t) => {
  const { root, errors, textfile } = await setUp(t);
  const parent = root.at('/var/lib/prometheus');
  await chown(parent, 65_534, 65_534);
  // An image's links are resolved beforehand; the machine's own are not.
  const machine = new Root('/');
  const machineFile = `${parent}/node-exporter/certagent.prom`;
  const own = makeTextfile(machine, {
    ...silentLog,
    error: (_facts: unknown, text?: string) => void errors.push(text ?? ''),
  });
  for (const write of [
    () => textfile.write(FILE, async () => 'a 1\n'),
    () => own.write(machineFile, async () => 'a 2\n'),
  ])
    await write();
  assert.deepEqual(errors, []);
  assert.equal(await readFile(root.at(FILE), 'utf8'), 'a 2\n');
  assert.deepEqual(await readdir(root.at(DIRECTORY)), ['certagent.prom']);
  const elsewhere = root.at('/elsewhere');
  await mkdir(elsewhere);
  await writeFile(`${elsewhere}/certagent.prom`, 'of somebody else');
  await rename(root.at(DIRECTORY), `${parent}/aside`);
  await symlink(elsewhere, root.at(DIRECTORY));
  await own.write(machineFile, async () => 'a 3\n');
  await own.moved(machineFile, undefined);
  assert.match(errors[0]!, /TEXTFILE_UNTRUSTED|through a link/);
  assert.equal(await readFile(`${elsewhere}/certagent.prom`, 'utf8'), 'of somebody else');
});

test('a directory that does not exist, and metrics that cannot be had, are logged and hold nothing up', async (t) => {
  const { errors, textfile } = await setUp(t);
  await textfile.write('/nowhere/certagent.prom', async () => 'a 1\n');
  await textfile.write(FILE, async () => {
    throw new Error('the node cannot be read');
  });
  assert.match(errors[0]!, /ENOENT|no such file/);
  assert.match(errors[1]!, /the node cannot be read/);
});

test('a link in an image does not lead out of it', async (t) => {
  const { root, textfile } = await setUp(t);
  const outside = await mkdtemp(join(tmpdir(), 'certagent-outside-'));
  t.after(() => rm(outside, { recursive: true, force: true }));
  await rm(root.at(DIRECTORY), { recursive: true });
  await symlink(outside, root.at(DIRECTORY));
  await textfile.write(FILE, async () => 'a 1\n');
  assert.deepEqual(await readdir(outside), []);
});

test('when the configuration names another file, the previous one goes', async (t) => {
  const { root, textfile } = await setUp(t);
  await textfile.write(FILE, async () => 'a 1\n');
  await textfile.moved(FILE, FILE);
  assert.deepEqual(await readdir(root.at(DIRECTORY)), ['certagent.prom']);
  await textfile.moved(FILE, undefined);
  assert.deepEqual(await readdir(root.at(DIRECTORY)), []);
  await writeFile(root.at(FILE), 'of somebody else');
  await textfile.moved(undefined, FILE);
  assert.equal(await readFile(root.at(FILE), 'utf8'), 'of somebody else');
});
