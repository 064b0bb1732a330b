import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openAlerts } from '../../src/alert/service.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Dispatch } from '../../src/domain/alerts/alert.ts';
import { events, standingAlerts } from '../../src/domain/alerts/standing.ts';
import { DAY, MINUTE } from '../../src/domain/time/duration.ts';
import { leaf, node as nodeState } from '../domain/alerts/alert-node.ts';
import { fakeSink, open, QUICK, spooled } from './fake-sinks.ts';
import {
  AT,
  alert,
  dispatch,
  keepLog,
  mailServer,
  makeRoot,
  stopBeforeRemoval,
  told,
  webhookServer,
} from './support.ts';

const NODE = dispatch().node;
const damagedBy = (change: object): string =>
  JSON.stringify({ version: 1, alerts: [{ alert: alert(), since: AT, lastSentAt: AT, ...change }] });

test('the same state twice is sent once; it clears, with all clear; the book survives', async (t) => {
  const root = await makeRoot(t);
  const received: Dispatch[] = [];
  const { sink } = fakeSink('a', async (given) => {
    received.push(given);
    return '';
  });
  const { service } = await open(root, { sinks: [sink] });
  await service.report({ node: NODE, alerts: [alert()], events: [] });
  await service.report({ node: NODE, alerts: [alert()], events: [] });
  assert.deepEqual(
    service.standing().map((each) => each.alert.code),
    ['CERTIFICATE_EXPIRED'],
  );
  await service.stop();

  const next = await open(root, { sinks: [sink] });
  assert.equal(next.service.standing().length, 1);
  await next.service.report({ node: NODE, alerts: [alert()], events: [] });
  await next.service.report({ node: NODE, alerts: [], events: [] });
  await next.service.flush();
  assert.deepEqual(
    received.map(({ notifications, allClear }) => [notifications[0]!.status, allClear]),
    [
      ['raised', false],
      ['cleared', true],
    ],
  );
  assert.equal(await spooled(root, 'a'), 0);
});

test('a book of an earlier version is read: what it sent is not sent again, and clears', async (t) => {
  const root = await makeRoot(t);
  await mkdir(root.at('/var/lib/certagent'), { recursive: true });
  const old = { alert: alert({ code: 'KEY_READABLE' }), since: AT - DAY, lastSentAt: AT - 1, worst: 'critical' };
  await writeFile(root.at('/var/lib/certagent/alerts.json'), JSON.stringify({ version: 1, alerts: [old] }));
  const received: Dispatch[] = [];
  const { sink } = fakeSink('a', async (given) => {
    received.push(given);
    return '';
  });
  const { service } = await open(root, { sinks: [sink] });
  await service.report({ node: NODE, alerts: [old.alert], events: [] });
  await service.report({ node: NODE, alerts: [], events: [] });
  await service.flush();
  assert.deepEqual(
    received.flatMap(({ notifications }) => notifications.map(({ status, sent }) => [status, sent])),
    [['cleared', { severity: 'critical', worst: 'critical' }]],
  );
});

test('an alert that is held off survives a restart, and is sent when the hold-off is over', async (t) => {
  const root = await makeRoot(t);
  const { sink, taken } = fakeSink('a');
  const clock = alert({ code: 'CLOCK_DOUBTFUL', severity: 'warning' });
  let now = AT;
  const reported = async (): Promise<number | null> => {
    const { service } = await open(root, { sinks: [sink], now: () => now });
    await service.report({ node: NODE, alerts: [clock, alert({ code: 'KEY_READABLE' })], events: [] });
    await service.flush();
    await service.stop();
    return service.heldUntil();
  };
  assert.deepEqual([await reported(), taken.length], [AT + 10 * MINUTE, 1]);
  now += 9 * MINUTE;
  assert.deepEqual([await reported(), taken.length], [AT + 10 * MINUTE, 1]);
  now += MINUTE;
  assert.deepEqual([await reported(), taken.length], [null, 2]);
});

test('a damaged book is an empty one, and reported', async (t) => {
  const root = await makeRoot(t);
  await mkdir(root.at('/var/lib/certagent'), { recursive: true });
  for (const text of [
    '{"version":1,"alerts":[{"since":1}]}',
    '{"version":',
    '[]',
    'null',
    '{"version":1,"alerts":[null]}',
    '{"version":2,"alerts":[]}',
    damagedBy({ sent: { severity: 'loud', worst: 'info' } }),
    damagedBy({ heldUntil: 'soon' }),
    damagedBy({ lastSentAt: 'never' }),
    damagedBy({ alert: { ...alert(), restsOn: [1] } }),
    damagedBy({ alert: { ...alert(), holdOff: '5' } }),
  ]) {
    await writeFile(root.at('/var/lib/certagent/alerts.json'), text);
    const { service, lines } = await open(root, { sinks: [] });
    assert.deepEqual(service.standing(), []);
    assert.match(lines.join('\n'), /alerts\.json/);
    assert.doesNotMatch(lines.join('\n'), /destructure|undefined|TypeError/);
    assert.equal(await readFile(root.at('/var/lib/certagent/alerts.json.kept'), 'utf8'), text);
  }
});

test('from the state of a node to an email and a webhook, and no secret in log, spool or book', async (t) => {
  const root = await makeRoot(t);
  const mail = await mailServer(t, { disabledCommands: ['AUTH', 'STARTTLS'] });
  const hook = await webhookServer(t);
  await mkdir(root.at('/etc'), { recursive: true });
  await writeFile(root.at('/etc/url'), `${hook.url}/T0PSECRET`);
  await writeFile(root.at('/etc/secret'), 'whsec_VDBQU0VDUkVUVDBQU0VDUkVU');
  const { alerts: config } = await parseConfig(
    `[[alerts.email]]
     host = "127.0.0.1"
     port = ${mail.port}
     security = "none"
     from = "certagent@example.org"
     to = ["ops@example.org"]
     [[alerts.webhook]]
     name = "chat"
     url_file = "/etc/url"
     secret_file = "/etc/secret"
     least = "warning"`,
    'config.toml',
  );
  const { log, lines } = keepLog();
  const service = await openAlerts({ root, config, now: () => AT, log, pace: QUICK });
  stopBeforeRemoval(root, () => service.stop(0));

  const expired = nodeState({ leaves: [leaf({ id: 'apiserver', days: -1 }), leaf({ id: 'etcd-peer', days: -1 })] });
  await service.report({ node: NODE, alerts: standingAlerts(expired), events: [] });
  const granted = ['apiserver', 'etcd-peer'].map((id) => ({ id, notAfter: AT + 365 * DAY }));
  const outcome = { planId: 'p', result: 'succeeded' as const, keptNew: false, error: null, granted };
  await service.report({
    node: NODE,
    alerts: standingAlerts(nodeState()),
    events: events({ outcome, recovered: false, copies: [] }),
  });
  await service.flush();

  assert.equal(mail.emails.length, 2);
  assert.match(mail.emails[1]!.raw, /Subject: \[certagent\] INFO node-1: 2 certificates renewed/);
  const bodies = hook.received.map(({ body }) => JSON.parse(body).data);
  assert.deepEqual(
    bodies.map(({ alerts, allClear }) => [
      alerts.map((each: { status: string; code: string }) => `${each.status} ${each.code}`),
      allClear,
    ]),
    [
      [['raised CERTIFICATE_EXPIRED'], false],
      // The webhook gets no alert of severity info.
      [['cleared CERTIFICATE_EXPIRED'], true],
    ],
  );

  assert.deepEqual(
    (await service.test()).map(({ sink, ok }) => [sink, ok]),
    [
      ['email-1', true],
      ['chat', true],
    ],
  );
  hook.state.answer = (response) => void response.writeHead(500).end();
  const [, failed] = await service.test();
  assert.deepEqual(failed, {
    sink: 'chat',
    ok: false,
    detail: `sink "chat": ${hook.url} answered HTTP 500`,
    remedy: 'Check this sink in the configuration, then: certagent alert test',
  });
  await service.enqueue(dispatch({ notifications: [told()] }));
  await service.flush();
  assert.deepEqual(service.failing(), ['chat']);

  // It would go on trying, and write its files again while they are read here.
  await service.stop(0);
  const kept = [...lines, await readFile(root.at('/var/lib/certagent/alerts.json'), 'utf8')];
  for (const name of await readdir(root.at('/var/lib/certagent/spool/chat')))
    kept.push(await readFile(root.at(`/var/lib/certagent/spool/chat/${name}`), 'utf8'));
  assert.doesNotMatch(kept.join('\n'), /T0PSECRET|VDBQU0VDUkVU/);
});

test('an alert about ten thousand files arrives, with those of the same message, and is known after a restart', async (t) => {
  const root = await makeRoot(t);
  const received: Dispatch[] = [];
  const { sink } = fakeSink('a', async (given) => {
    received.push(given);
    return '';
  });
  // A user may give the files of a watched directory names of 255 characters.
  const facts = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, at) => [`/srv/${at}`.padEnd(500, 'x'), 'expired']),
  );
  const alerts = [alert({ facts }), alert({ code: 'RENEWAL_FAILED' })];
  const { service, lines } = await open(root, { sinks: [sink] });
  await service.report({ node: NODE, alerts, events: [] });
  await service.flush();
  assert.deepEqual(
    received.map(({ notifications }) => notifications.map((each) => each.alert.code)),
    [alerts.map(({ code }) => code)],
    lines.join('\n'),
  );
  await service.stop();
  const next = await open(root, { sinks: [sink] });
  await next.service.report({ node: NODE, alerts, events: [] });
  await next.service.flush();
  assert.equal(received.length, 1, next.lines.join('\n'));
});

test('every dispatch says which node it is about: a hash of its machine-id, and the labels of the configuration', async (t) => {
  const root = await makeRoot(t);
  await mkdir(root.at('/etc'), { recursive: true });
  await writeFile(root.at('/etc/machine-id'), '0123456789abcdef0123456789abcdef\n');
  const { alerts: config } = await parseConfig('[alerts.labels]\nsite = "oslo"', 'config.toml');
  const received: Dispatch[] = [];
  const { sink } = fakeSink('a', async (given) => {
    received.push(given);
    return '';
  });
  const { service } = await open(root, { sinks: [sink], config });
  await service.test();
  await service.report({ node: NODE, alerts: [alert()], events: [] });
  await service.flush();
  assert.equal(received.length, 2);
  for (const { node } of received) {
    assert.match(node.machine ?? '', /^[0-9a-f]{32}$/);
    assert.deepEqual(node.labels, { site: 'oslo' });
  }
  assert.equal(received[1]!.node.name, NODE.name);
});
