// Pauses and silences: a person's orders, from the command to the decision and the sinks.
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openOrders } from '../../src/daemon/order-book.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { keepLog, makeRoot } from '../alert/support.ts';
import { anotherAgent, scene, told } from './support.ts';

const FILE = '/var/lib/certagent/orders.json';

test('a pause and a silence survive a restart, run out by themselves, and are taken back', async (t) => {
  const root = await makeRoot(t);
  let now = 1_000;
  const open = () => openOrders(root, () => now, keepLog().log);
  const orders = await open();
  await orders.pause({ until: 5_000, reason: 'freeze' });
  await orders.silence({ code: 'CA_ENDING', subject: null, until: 9_000, reason: 'known' }, []);
  const again = await open();
  assert.deepEqual(again.now(), orders.now());
  assert.equal(again.now().pause?.reason, 'freeze');
  now = 5_000;
  assert.equal(again.now().pause, null);
  assert.equal(await again.resume(), null);
  await assert.rejects(again.unsilence({ code: 'CA_ENDING', subject: 'x' }), { code: 'NO_SILENCE' });
  await again.unsilence({ code: 'CA_ENDING', subject: null });
  assert.deepEqual((await open()).now(), { pause: null, silences: [] });
  await assert.rejects(again.pause({ until: 5_000, reason: 'x' }), { code: 'USAGE' });
  await assert.rejects(again.silence({ code: 'NO_SUCH', subject: null, until: 9_000, reason: 'x' }, []), {
    code: 'USAGE',
    message: /there is no alert NO_SUCH/,
  });
});

test('a file of a newer version, or a damaged one, is kept: nothing is paused, and the log says so', async (t) => {
  for (const text of ['{"version": 2, "pause": null, "silences": []}', '{', '{"version":1,"pause":{},"silences":[]}']) {
    const root = await makeRoot(t);
    const first = await openOrders(root, () => 0, keepLog().log);
    await first.pause({ until: 5, reason: 'freeze' });
    await writeFile(root.at(FILE), text);
    const { log, lines } = keepLog();
    assert.deepEqual((await openOrders(root, () => 0, log)).now(), { pause: null, silences: [] });
    assert.equal(await readFile(root.at(`${FILE}.kept`), 'utf8'), text);
    assert.match(lines.join(), /orders\.json/);
  }
});

test('a paused node renews nothing, says so everywhere, and renews after resume', async (t) => {
  const { agent, inbox, root } = await scene(t, { kind: 'kubeadm', days: 20 });
  const until = Date.now() + 5 * DAY;
  await agent.pause({ until, reason: 'change freeze' });
  const status = await agent.check();
  assert.equal(status.renewal.kind === 'blocked' && status.renewal.blockers[0]?.code, 'PAUSED');
  assert.equal(status.pause?.reason, 'change freeze');
  await agent.deliver();
  assert.deepEqual(told(inbox), ['raised RENEWAL_BLOCKED']);
  const blocked = status.alerts.find(({ alert }) => alert.code === 'RENEWAL_BLOCKED')!.alert;
  assert.match(`${blocked.text} ${blocked.remedy}`, /renewals are paused until .*change freeze.*certagent resume/);
  await assert.rejects(
    agent.renew({ force: false }, () => {}),
    { code: 'RENEWAL_BLOCKED' },
  );
  assert.deepEqual(await readdir(root.at('/var/lib/certagent/backups')).catch(() => []), []);
  await agent.resume();
  const after = await agent.check();
  assert.equal(after.pause, null);
  assert.equal(after.lastAttempt?.result, 'succeeded');
});

test('a pause past an expiry is critical', async (t) => {
  const { agent } = await scene(t, { kind: 'kubeadm', days: 60, config: 'mode = "renew"' });
  await agent.pause({ until: Date.now() + 90 * DAY, reason: 'freeze' });
  const { alerts } = await agent.check();
  const [blocked] = alerts.filter(({ alert }) => alert.code === 'RENEWAL_BLOCKED');
  assert.equal(blocked?.alert.severity, 'critical');
  assert.match(blocked?.alert.text ?? '', /expires before that/);
});

test('a silenced alert reaches no sink, status shows it and why, and a restart changes nothing', async (t) => {
  const { agent, inbox, root, node } = await scene(t, { kind: 'kubeadm', days: 60, config: 'mode = "observe"' });
  await agent.silence({ code: 'OBSERVING', subject: null, until: Date.now() + DAY, reason: 'rollout' });
  const status = await agent.check();
  assert.ok(status.alerts.some(({ alert }) => alert.code === 'OBSERVING'));
  assert.deepEqual(
    status.silences?.map(({ code, reason }) => [code, reason]),
    [['OBSERVING', 'rollout']],
  );
  await agent.deliver();
  assert.deepEqual(told(inbox), []);
  await agent.close();
  const later = await anotherAgent(t, new Root(node.root));
  assert.deepEqual((await later.check()).silences?.length, 1);
  await later.unsilence({ code: 'OBSERVING', subject: null });
  await later.check();
  await later.deliver();
  assert.deepEqual(told(inbox), ['raised OBSERVING']);
  assert.equal(root.prefix, node.root);
});
