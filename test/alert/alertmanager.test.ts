// Debian's Alertmanager (package prometheus-alertmanager), which others test against too.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { webhookSink } from '../../src/alert/webhook.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import type { Root } from '../../src/host/root.ts';
import { freePort } from '../testnode/free-port.ts';
import { open } from './fake-sinks.ts';
import { alert, dispatch, makeRoot, webhookServer } from './support.ts';

const PROGRAM = 'prometheus-alertmanager';
const skip =
  spawnSync(PROGRAM, ['--version']).error === undefined ? false : `${PROGRAM} is not installed: apt install ${PROGRAM}`;

type Shown = { labels: Record<string, string>; annotations: Record<string, string>; startsAt: string; endsAt: string };

/** Answers once it is ready; `stop` loses what it has in memory, as an upgrade or an out-of-memory kill does. */
async function startAlertmanager(t: TestContext, root: Root, hook: string) {
  await mkdir(root.at('/am'), { recursive: true });
  const config = `route: {receiver: hook, group_by: ["..."], group_wait: 100ms, group_interval: 200ms, repeat_interval: 1h}
receivers: [{name: hook, webhook_configs: [{url: "${hook}", send_resolved: true}]}]`;
  await writeFile(root.at('/am/am.yml'), config);
  const port = await freePort();
  let child: ChildProcess;
  const url = `http://127.0.0.1:${port}`;
  const start = async () => {
    child = spawn(
      PROGRAM,
      [
        `--config.file=${root.at('/am/am.yml')}`,
        `--storage.path=${root.at('/am/data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      { stdio: 'ignore' },
    );
    await eventually(async () => assert.ok((await fetch(`${url}/-/ready`)).ok));
  };
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.after(stop);
  await start();
  const active = async (): Promise<Shown[]> =>
    (await (await fetch(`${url}/api/v2/alerts?active=true`)).json()) as Shown[];
  return { url: `${url}/api/v2/alerts`, active, start, stop };
}

async function eventually(holds: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await holds();
    } catch (error) {
      if (tries > 300) throw error;
      await sleep(100);
    }
  }
}

test('a real Alertmanager: fires, changes, survives its restart, clears, and nothing else was ever resolved', {
  skip,
}, async (t) => {
  const root = await makeRoot(t);
  const { url: hook, received } = await webhookServer(t);
  const manager = await startAlertmanager(t, root, hook);
  const sink = webhookSink({ url: manager.url, shape: 'alertmanager', least: 'info' }, 'am', root, DAY);
  assert.ok(sink.refresh !== undefined && sink.refresh <= 180_000);
  const { service } = await open(root, { sinks: [{ ...sink, refresh: 200 }], now: Date.now });
  const node = dispatch().node;
  const report = (...alerts: ReturnType<typeof alert>[]) => service.report({ node, alerts, events: [] });
  const shows = (...severities: string[]) =>
    eventually(async () =>
      assert.deepEqual(
        (await manager.active()).map(({ labels }) => labels.severity),
        severities,
      ),
    );

  const notified = () =>
    received.flatMap(({ body }) =>
      (JSON.parse(body) as { alerts: { status: string; labels: { severity: string } }[] }).alerts.map(
        ({ status, labels }) => `${status} ${labels.severity}`,
      ),
    );
  const hears = (what: string) => eventually(async () => assert.ok(notified().includes(what), what));

  await report(alert({ severity: 'warning' }));
  await shows('warning');
  await hears('firing warning');
  const [shown] = await manager.active();
  assert.equal(shown!.labels.instance, node.name);
  assert.equal(shown!.annotations.runbook_url, '/usr/share/doc/certagent/alerts/CERTIFICATE_EXPIRED.md');
  await report(alert({ severity: 'critical' }));
  await shows('critical');
  await hears('resolved warning');
  await hears('firing critical');
  await manager.stop();
  await manager.start();
  await shows('critical');
  await report();
  await shows();
  await hears('resolved critical');
  assert.deepEqual([...new Set(notified())].sort(), [
    'firing critical',
    'firing warning',
    'resolved critical',
    'resolved warning',
  ]);
});

test('a real Alertmanager: two sites with the same hostname do not clear each other', { skip }, async (t) => {
  const root = await makeRoot(t);
  const { url: hook } = await webhookServer(t);
  const manager = await startAlertmanager(t, root, hook);
  const sink = webhookSink({ url: manager.url, shape: 'alertmanager', least: 'info' }, 'am', root, DAY);
  const at = Date.now();
  const of = (machine: string, status: 'raised' | 'cleared') =>
    dispatch({
      at,
      node: { name: 'k3s', distribution: 'k3s', role: 'server', machine },
      notifications: [
        {
          status,
          alert: alert(),
          since: at - DAY,
          sent: status === 'raised' ? null : { severity: 'critical', worst: 'critical' },
        },
      ],
    });
  const machines = async () => (await manager.active()).map(({ labels }) => labels.machine).sort();
  for (const machine of ['a', 'b']) await sink.send(of(machine, 'raised'));
  await eventually(async () => assert.deepEqual(await machines(), ['a', 'b']));
  await sink.send(of('b', 'cleared'));
  await eventually(async () => assert.deepEqual(await machines(), ['a']));
});

test('a real Alertmanager: a test alert fires, and resolves itself within minutes', { skip }, async (t) => {
  const root = await makeRoot(t);
  const { url: hook, received } = await webhookServer(t);
  const manager = await startAlertmanager(t, root, hook);
  const sink = webhookSink({ url: manager.url, shape: 'alertmanager', least: 'info' }, 'am', root, DAY);
  const { service } = await open(root, { sinks: [sink], now: Date.now });
  assert.equal((await service.test())[0]!.ok, true);
  await eventually(async () => assert.match(received[0]?.body ?? '', /"alertname":"TEST"/));
  const [shown] = await manager.active();
  assert.ok(Date.parse(shown!.endsAt) - Date.now() <= 5 * 60_000);
});
