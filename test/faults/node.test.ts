// Faults of the node around certagent: ports that never answer, a lost state directory, files that change while they are read.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '../../src/config/load.ts';
import { remote } from '../../src/control/client.ts';
import { makeAgent } from '../../src/daemon/agent.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { silentLog } from '../../src/host/logger.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import { observe } from '../../src/observe/observe.ts';
import { configure, toldAtLast } from '../daemon/support.ts';
import { eventually, nodeFor } from '../testnode/support.ts';
import { assertTold, ground } from './support.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const look = async (root: Root) => observe({ root, config: await parseConfig('', 'config.toml'), now: Date.now() });

/** A port that takes connections and never answers. */
async function mute(t: TestContext, port: number): Promise<void> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on('error', () => {})));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

test('every port accepts and never answers: a check takes bounded time, and names each server', async (t) => {
  const node = await nodeFor(t, { leafEnds: Date.now() + 200 * DAY });
  for (const port of Object.values(node.ports)) await mute(t, port);
  const { served, certificates } = await look(new Root(node.root));
  assert.ok(certificates.length > 10);
  assert.deepEqual([...new Set(served.map(({ endpoint }) => endpoint.name))].sort(), [
    'etcd',
    'etcd-peer',
    'kube-apiserver',
  ]);
  for (const each of served)
    assert.match(each.state === 'unreachable' ? each.detail : each.state, /did not answer|within|timed? ?out/i);
});

test('a pair that is rewritten in place while it is read is reported neither as damaged nor as mismatched', async (t) => {
  const node = await nodeFor(t, { leafEnds: Date.now() + 200 * DAY });
  const path = join(node.root, 'etc/kubernetes/pki/apiserver.crt');
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, 300));
  const looking = look(new Root(node.root));
  // By then it has been read at least once, and is read again.
  await new Promise((resolve) => setTimeout(resolve, 50));
  await writeFile(path, whole);
  const { findings, certificates } = await looking;
  assert.deepEqual(findings, []);
  assert.equal(certificates.find(({ id }) => id === 'apiserver')?.key.state, 'matches');
});

test('a certificate that grows endlessly while it is read: bounded, and reported', async (t) => {
  const node = await nodeFor(t, { leafEnds: Date.now() + 200 * DAY });
  const path = join(node.root, 'etc/kubernetes/pki/apiserver.crt');
  const writer = spawn('sh', ['-c', 'yes CERTIFICATE | head -c 200000000 > "$0"', path], { stdio: 'ignore' });
  const ended = once(writer, 'exit');
  t.after(async () => {
    writer.kill('SIGKILL');
    await ended;
  });
  await eventually(async () => (await readFile(path)).length > 0);
  const { findings } = await look(new Root(node.root));
  assert.deepEqual(
    findings.filter(({ path: at }) => at.endsWith('apiserver.crt')).map(({ id }) => id),
    ['apiserver'],
  );
});

test('the state directory is lost between two runs: active alerts are sent again, and none is missed', async (t) => {
  const { node, agent, inbox, root } = await ground(t, { days: 200, kind: 'kubeadm-worker' });
  const watched = join(node.root, 'etc/ingress.crt');
  await writeFile(watched, 'garbage');
  await configure(node, '[watch]\npaths = ["/etc/ingress.crt"]', inbox);
  await agent.reload();
  await agent.check();
  await assertTold(inbox, /raised FILE_UNREADABLE/);
  await agent.deliver();
  await rm(root.at('/var/lib/certagent'), { recursive: true });

  const next = await makeAgent({ root, configFile: CONFIG_FILE, now: Date.now, log: silentLog });
  t.after(() => next.close());
  const status = await next.check();
  assert.ok(status.alerts.some(({ alert }) => alert.code === 'FILE_UNREADABLE'));
  await next.deliver();
  assert.equal((await toldAtLast(inbox)).filter((line) => line === 'raised FILE_UNREADABLE').length, 2);
  assert.deepEqual((await next.history()).attempts, []);
  await rm(watched);
});

/** One watch for all: a limit of this user namespace alone, so nobody else on the machine meets it. */
const LIMITED = 'echo 1 > /proc/sys/user/max_inotify_watches && exec "$0" "$@"';
const limited = ['--user', '--map-root-user', 'sh', '-c', LIMITED];

test("inotify's limit is reached: the daemon reports it and keeps to its schedule", async (t) => {
  const probe = spawn('unshare', [...limited, 'true'], { stdio: 'ignore' });
  if ((await once(probe, 'exit'))[0] !== 0) return t.skip('user namespaces are not allowed here');
  const node = await nodeFor(t, { kind: 'kubeadm-worker', leafEnds: Date.now() + 200 * DAY });
  await configure(node, '[check]\nschedule = "* * * * *"\njitter = "0s"');
  const child = spawn('unshare', [...limited, process.execPath, MAIN, '--root', node.root, 'run'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk));
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await eventually(
    () => /files cannot be watched \(.*(ENOSPC|limit).*\); certagent only checks on schedule/.test(log),
    60_000,
  );
  const said = log.split('\n').filter((line) => line.includes('cannot be watched'));
  assert.equal(said.length, 1, 'said once, not for every file');
  const status = await eventually(() => remote(new Root(node.root)).status());
  assert.ok(status.nextCheckAt !== null && status.nextCheckAt - status.at <= 60_000, 'the schedule continues');
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});
