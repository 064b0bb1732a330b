import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import type { Pace } from '../../src/alert/courier.ts';
import { type AlertServiceOptions, openAlerts } from '../../src/alert/service.ts';
import { type Sink, SinkError } from '../../src/alert/sink.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Dispatch } from '../../src/domain/alert.ts';
import { events, standingAlerts } from '../../src/domain/alertCatalogue.ts';
import { DAY } from '../../src/domain/duration.ts';
import type { Root } from '../../src/host/root.ts';
import { leaf, node as nodeState } from '../domain/alertNode.ts';
import { AT, alert, dispatch, keepLog, mailServer, makeRoot, told, webhookServer } from './support.ts';

const QUICK: Pace = { first: 5, most: 20, keep: 7 * DAY };
const NODE = dispatch().node;
const numbered = (number: number): Dispatch => dispatch({ id: `id-${number}` });

/** A sink whose behaviour the test decides. */
function fakeSink(name: string, send: Sink['send'] = async () => 'taken') {
  const taken: string[] = [];
  const state = { send };
  const sink: Sink = {
    name,
    least: 'info',
    async send(given, signal) {
      const said = await state.send(given, signal);
      taken.push(given.id);
      return said;
    },
  };
  return { sink, taken, state };
}

async function open(t: TestContext, root: Root, change: Partial<AlertServiceOptions>) {
  const { alerts: config } = await parseConfig('', 'config.toml');
  const { log, lines } = keepLog();
  const service = await openAlerts({ root, config, now: () => AT, log, pace: QUICK, ...change });
  t.after(() => service.stop(0));
  return { service, lines };
}

/** Waits until `holds`, a few milliseconds at a time; the test runner's own limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const down = async (): Promise<string> => {
  throw new SinkError('any', 'is down');
};
const spooled = async (root: Root, sink: string): Promise<number> =>
  (await readdir(root.at(`/var/lib/certagent/spool/${sink}`)).catch(() => [])).length;

test('the same state twice is told once; its end is told, with all clear; the book survives', async (t) => {
  const root = await makeRoot(t);
  const received: Dispatch[] = [];
  const { sink } = fakeSink('a', async (given) => {
    received.push(given);
    return '';
  });
  const { service } = await open(t, root, { sinks: [sink] });
  await service.report({ node: NODE, alerts: [alert()], events: [] });
  await service.report({ node: NODE, alerts: [alert()], events: [] });
  assert.deepEqual(
    service.standing().map((each) => each.alert.code),
    ['CERTIFICATE_EXPIRED'],
  );
  await service.stop();

  const next = await open(t, root, { sinks: [sink] });
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

test('a damaged book is an empty one, and said', async (t) => {
  const root = await makeRoot(t);
  await mkdir(root.at('/var/lib/certagent'), { recursive: true });
  for (const text of ['{"version":1,"alerts":[{"since":1}]}', '{"version":', '[]', '{"version":2,"alerts":[]}']) {
    await writeFile(root.at('/var/lib/certagent/alerts.json'), text);
    const { service, lines } = await open(t, root, { sinks: [] });
    assert.deepEqual(service.standing(), []);
    assert.match(lines.join('\n'), /alerts\.json/);
  }
});

test('a sink that is down neither delays the others nor loses anything nor changes the order', async (t) => {
  const root = await makeRoot(t);
  const healthy = fakeSink('healthy');
  const broken = fakeSink('broken', down);
  const { service } = await open(t, root, { sinks: [broken.sink, healthy.sink] });
  for (const number of [1, 2, 3]) await service.enqueue(numbered(number));
  await service.flush();
  assert.deepEqual(healthy.taken, ['id-1', 'id-2', 'id-3']);
  assert.deepEqual(service.failing(), ['broken']);
  assert.equal(await spooled(root, 'broken'), 3);
  broken.state.send = async () => 'back';
  await until(() => broken.taken.length === 3);
  assert.deepEqual(broken.taken, ['id-1', 'id-2', 'id-3']);
  await service.flush();
  assert.deepEqual([service.failing(), await spooled(root, 'broken')], [[], 0]);
});

test('a restart takes up what waits and sends nothing again that was taken', async (t) => {
  const root = await makeRoot(t);
  let left = 1;
  const first = fakeSink('a', async () => (left-- > 0 ? 'taken' : down()));
  const { service } = await open(t, root, { sinks: [first.sink] });
  for (const number of [1, 2, 3]) await service.enqueue(numbered(number));
  await service.flush();
  await service.stop();
  const second = fakeSink('a');
  await open(t, root, { sinks: [second.sink] });
  await until(() => second.taken.length === 2);
  assert.deepEqual([first.taken, second.taken], [['id-1'], ['id-2', 'id-3']]);
});

test('a sink that hangs: the alert is in the spool before it is sent, stop does not wait for ever, nothing is lost', async (t) => {
  const root = await makeRoot(t);
  const hanging = fakeSink('a', async (_given, signal) => {
    await once(signal!, 'abort');
    throw new SinkError('a', 'left');
  });
  const healthy = fakeSink('b');
  const { service } = await open(t, root, { sinks: [hanging.sink, healthy.sink] });
  await service.enqueue(numbered(1));
  assert.equal(await spooled(root, 'a'), 1);
  await until(() => healthy.taken.length === 1);
  await service.stop(10);
  assert.equal(await spooled(root, 'a'), 1);
});

test('Retry-After is waited for, and a flush tries all the same', async (t) => {
  const root = await makeRoot(t);
  let tries = 0;
  const busy = fakeSink('a', async () => {
    tries += 1;
    throw new SinkError('a', 'busy', { retryAfter: 60_000 });
  });
  const { service } = await open(t, root, { sinks: [busy.sink] });
  await service.enqueue(numbered(1));
  await until(() => tries === 1);
  await service.enqueue(numbered(2));
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(tries, 1, 'neither the back-off nor a new alert came before');
  await service.flush();
  assert.equal(tries, 2);
});

test('a message the sink always refuses is given up after some tries, and the next one passes', async (t) => {
  const root = await makeRoot(t);
  const picky = fakeSink('a', async ({ id }) => {
    if (id === 'id-1') throw new SinkError('a', 'bad request', { refusesMessage: true });
    return 'taken';
  });
  const { service, lines } = await open(t, root, { sinks: [picky.sink] });
  await service.enqueue(numbered(1));
  await service.enqueue(numbered(2));
  await until(() => picky.taken.length === 1);
  assert.deepEqual(picky.taken, ['id-2']);
  assert.match(lines.join('\n'), /given up/);
});

test('after a week an alert is given up', async (t) => {
  const root = await makeRoot(t);
  let now = AT;
  const broken = fakeSink('a', down);
  const { service } = await open(t, root, { sinks: [broken.sink], now: () => now });
  await service.enqueue(numbered(1));
  await service.flush();
  now += 8 * DAY;
  await service.flush();
  assert.equal(await spooled(root, 'a'), 0);
});

test('what waits for a sink that the configuration lost is cleared after a week', async (t) => {
  const root = await makeRoot(t);
  const { service } = await open(t, root, { sinks: [fakeSink('gone', down).sink] });
  await service.enqueue(numbered(1));
  await service.stop(0);
  await open(t, root, { sinks: [] });
  assert.equal(await spooled(root, 'gone'), 1);
  await open(t, root, { sinks: [], now: () => AT + 8 * DAY });
  assert.equal(await spooled(root, 'gone'), 0);
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
  t.after(() => service.stop(0));

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
  assert.match(mail.emails[1]!.raw, /Subject: \[certagent\] node-1: 2 certificates renewed/);
  const bodies = hook.received.map(({ body }) => JSON.parse(body).data);
  assert.deepEqual(
    bodies.map(({ alerts, allClear }) => [
      alerts.map((each: { status: string; code: string }) => `${each.status} ${each.code}`),
      allClear,
    ]),
    [
      [['raised CERTIFICATE_EXPIRED'], false],
      // The webhook is not told what only informs.
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
  assert.deepEqual(failed, { sink: 'chat', ok: false, detail: `sink "chat": ${hook.url} answered HTTP 500` });
  await service.enqueue(dispatch({ notifications: [told()] }));
  await service.flush();
  assert.deepEqual(service.failing(), ['chat']);

  const kept = [...lines, await readFile(root.at('/var/lib/certagent/alerts.json'), 'utf8')];
  for (const name of await readdir(root.at('/var/lib/certagent/spool/chat')))
    kept.push(await readFile(root.at(`/var/lib/certagent/spool/chat/${name}`), 'utf8'));
  assert.doesNotMatch(kept.join('\n'), /T0PSECRET|VDBQU0VDUkVU/);
});
