// A node that gets another site, label or name: sinks that keep alerts by identity are cleared once, others hear nothing of it.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Dispatch } from '../../src/domain/alerts/alert.ts';
import type { Root } from '../../src/host/root.ts';
import { fakeSink, open } from './fake-sinks.ts';
import { alert, dispatch, makeRoot } from './support.ts';

const { node: NODE } = dispatch();
const BOOK = '/var/lib/certagent/alerts.json';
const EXPIRED = alert({ code: 'CERTIFICATE_EXPIRED' });
const STALE = alert({ code: 'SERVED_STALE', severity: 'warning', subject: 'etcd' });

/** One run of the service with this site; what each of two sinks received, as "site status code". */
async function run(root: Root, site: string | null, alerts: (typeof EXPIRED)[], name = 'node-1') {
  const shown = (received: Dispatch[]) =>
    received.flatMap(({ node, notifications }) =>
      notifications.map(({ status, alert: { code } }) => `${node.name}@${node.labels?.site ?? '-'} ${status} ${code}`),
    );
  const sinkOf = (name: string, change: object) => {
    const received: Dispatch[] = [];
    const { sink } = fakeSink(name, async (given) => {
      received.push(given);
      return '';
    });
    return { received, sink: { ...sink, ...change } };
  };
  const [keeper, mail] = [sinkOf('keeper', { keepsAlerts: true }), sinkOf('mail', {})];
  const identity = { labels: site === null ? {} : { site } };
  const { service } = await open(root, { sinks: [keeper.sink, mail.sink], identity });
  await service.report({ node: { ...NODE, name }, alerts, events: [] });
  await service.flush();
  await service.stop(0);
  return { keeper: shown(keeper.received), mail: shown(mail.received) };
}

test('with another site, alerts of the previous one are cleared once, and active ones raised again', async (t) => {
  const root = await makeRoot(t);
  const first = await run(root, null, [EXPIRED, STALE]);
  assert.deepEqual(first.keeper, ['node-1@- raised CERTIFICATE_EXPIRED', 'node-1@- raised SERVED_STALE']);
  assert.deepEqual(await run(root, 'oslo', [EXPIRED]), {
    keeper: [
      'node-1@- cleared CERTIFICATE_EXPIRED',
      'node-1@- cleared SERVED_STALE',
      'node-1@oslo raised CERTIFICATE_EXPIRED',
    ],
    mail: ['node-1@oslo cleared SERVED_STALE'],
  });
  assert.deepEqual(await run(root, 'oslo', [EXPIRED]), { keeper: [], mail: [] });
  assert.deepEqual((await run(root, 'oslo', [EXPIRED], 'edge-1')).keeper, [
    'node-1@oslo cleared CERTIFICATE_EXPIRED',
    'edge-1@oslo raised CERTIFICATE_EXPIRED',
  ]);
  assert.deepEqual((await run(root, 'oslo', [], 'edge-1')).keeper, ['edge-1@oslo cleared CERTIFICATE_EXPIRED']);
  assert.deepEqual(await run(root, 'bergen', [], 'edge-1'), { keeper: [], mail: [] });
});

test('what an earlier version raised, which did not write its identity down, is cleared with alerts.labels alone', async (t) => {
  const root = await makeRoot(t);
  await run(root, null, [EXPIRED]);
  const { node: _node, ...early } = JSON.parse(await readFile(root.at(BOOK), 'utf8'));
  await writeFile(root.at(BOOK), JSON.stringify(early));
  assert.deepEqual((await run(root, 'oslo', [EXPIRED])).keeper, [
    'node-1@- cleared CERTIFICATE_EXPIRED',
    'node-1@oslo raised CERTIFICATE_EXPIRED',
  ]);
});
