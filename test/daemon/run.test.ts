// `certagent run` as systemd runs it: a process, its sockets, its signals.
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openInbox } from '../../demo/inbox.ts';
import { remote } from '../../src/control/client.ts';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY, MINUTE } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import type { TestNode } from '../../testnode/node.ts';
import { command, nodeFor } from '../testnode/support.ts';
import { MAIN, start, until } from './process.ts';
import { configure, maintenance, toldAtLast } from './support.ts';

const certagent = (node: TestNode, ...words: string[]) =>
  command(process.execPath, [MAIN, '--root', node.root, ...words]);
const steps = (log: string) =>
  log
    .split('\n')
    .filter((line) => line.includes('"step"'))
    .map((line) => JSON.parse(line) as { step: number; state: string });

test('a daemon notifies systemd, sees a changed file, refuses a bad configuration and exits on SIGTERM', async (t) => {
  const node = await nodeFor(t, { leafEnds: Date.now() + 200 * DAY });
  await node.start();
  const inbox = await openInbox();
  t.after(() => inbox.close());
  const watched = join(node.root, 'etc/ssl/ingress.crt');
  await mkdir(join(node.root, 'etc/ssl'), { recursive: true });
  await writeFile(watched, await readFile(join(node.root, 'etc/kubernetes/pki/apiserver.crt')));
  await configure(node, '[watch]\npaths = ["/etc/ssl/ingress.crt"]', inbox);
  const notes = join(node.root, 'notes');
  await writeFile(join(node.root, 'usr/bin/systemd-notify'), `#!/bin/sh\necho "$@" >> '${notes}'\n`);
  await chmod(join(node.root, 'usr/bin/systemd-notify'), 0o755);

  const daemon = start(t, node, { NOTIFY_SOCKET: '/run/none', WATCHDOG_USEC: '1000000' });
  const ask = remote(new Root(node.root));
  const first = await until(
    () => ask.status(),
    (status: StatusReport) => status.nextCheckAt !== null,
    'the first check',
  );
  assert.equal(first.findings.length, 0);

  await t.test('a second daemon names the running one, and exits', async () => {
    const second = await certagent(node, 'run');
    assert.notEqual(second.code, 0);
    assert.match(second.stderr, new RegExp(`pid ${daemon.child.pid}\\b`));
  });

  await t.test('a damaged file is reported without a request', async () => {
    await writeFile(watched, 'garbage');
    const status = await until(
      () => ask.status(),
      ({ findings }: StatusReport) => findings.length === 1,
      'the finding',
    );
    assert.equal(status.findings[0]?.path, '/etc/ssl/ingress.crt');
    assert.ok((await toldAtLast(inbox, 'raised FILE_UNREADABLE')).includes('raised FILE_UNREADABLE'));
  });

  await t.test('a bad configuration is refused and reported, and the previous one stays in use', async () => {
    await writeFile(join(node.root, 'etc/certagent/config.toml'), '[windows]\nopens = 90\n');
    const refused = await certagent(node, 'reload');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /config\.toml.*windows\.opens/s);
    assert.match((await ask.status()).configError ?? '', /windows\.opens/);
    assert.ok((await toldAtLast(inbox, 'raised CONFIG_REFUSED')).includes('raised CONFIG_REFUSED'));
    await configure(node, 'mode = "observe"', inbox);
    daemon.child.kill('SIGHUP');
    const status = await until(
      () => ask.status(),
      ({ mode, configError }: StatusReport) => mode === 'observe' && configError === null,
      'the new one',
    );
    assert.equal(status.mode, 'observe');
    assert.ok((await toldAtLast(inbox, 'cleared CONFIG_REFUSED')).includes('cleared CONFIG_REFUSED'));
  });

  await t.test('metrics and check answer from the daemon', async () => {
    assert.match(
      await ask.metrics(),
      /certagent_certificate_not_after_timestamp_seconds\{id="apiserver",owner="kubeadm"\} \d+/,
    );
    assert.equal((await certagent(node, 'check')).code, 0);
  });

  daemon.child.kill('SIGTERM');
  assert.deepEqual(await daemon.ended, [0, null]);
  const told = await readFile(notes, 'utf8');
  for (const word of ['READY=1', 'STATUS=', 'RELOADING=1', 'STOPPING=1', 'WATCHDOG=1'])
    assert.ok(told.includes(word), word);
});

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`${signal} in the middle of a renewal: the next start finishes or undoes it`, async (t) => {
    const node = await nodeFor(t, { leafEnds: Date.now() + 60 * DAY });
    await node.start();
    const inbox = await openInbox();
    t.after(() => inbox.close());
    await configure(node, maintenance('now'), inbox);
    const daemon = start(t, node);
    await until(
      async () => daemon.log(),
      (log) => steps(log).some(({ step, state }) => step === 4 && state === 'done'),
      'step 5',
    );
    daemon.child.kill(signal);
    const [code] = await daemon.ended;
    if (signal === 'SIGTERM') {
      assert.equal(code, 0);
      const all = steps(daemon.log());
      assert.equal(all.at(-1)?.state, 'done', 'the step in hand was finished');
      assert.ok((all.at(-1)?.step ?? 99) < 15, 'and no more than that');
    }
    start(t, node);
    const ask = remote(new Root(node.root));
    await until(
      () => ask.status(),
      // A server takes a file that was put back at its next look.
      ({ renewal, lastAttempt, served }: StatusReport) =>
        lastAttempt !== null &&
        lastAttempt.result !== 'unfinished' &&
        renewal.kind !== 'now' &&
        served.every(({ state }) => state === 'current'),
      'the recovery',
    );
    assert.ok((await toldAtLast(inbox, 'event RECOVERED')).includes('event RECOVERED'));
  });
}

test('a daemon that cannot renew, or cannot even check, looks again soon', async (t) => {
  const node = await nodeFor(t, { leafEnds: Date.now() - DAY });
  await configure(node, '');
  const timedatectl = join(node.root, 'usr/bin/timedatectl');
  await writeFile(timedatectl, '#!/bin/sh\necho NTPSynchronized=no\n');
  start(t, node);
  const ask = remote(new Root(node.root));
  const blocked = await until(
    () => ask.status(),
    ({ nextCheckAt }) => nextCheckAt !== null,
    'the first check',
  );
  assert.equal(blocked.renewal.kind, 'blocked');
  const pause = ({ nextCheckAt }: StatusReport) => (nextCheckAt ?? 0) - Date.now();
  assert.ok(pause(blocked) <= MINUTE);

  const journal = join(node.root, 'var/lib/certagent/journal.jsonl');
  await writeFile(journal, 'no record\n{}\n');
  await writeFile(join(node.root, 'etc/kubernetes/pki/apiserver.crt'), 'changed');
  const failed = await until(
    () => ask.status(),
    (status) => pause(status) > MINUTE,
    'the check that fails',
  );
  assert.ok(pause(failed) <= 5 * MINUTE);
});
