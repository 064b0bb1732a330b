// Sinks that misbehave, through the whole alert service: nothing is lost, and other sinks do not wait.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { emailSink } from '../../src/alert/email.ts';
import { openAlerts } from '../../src/alert/service.ts';
import { SinkError } from '../../src/alert/sink.ts';
import { parseConfig } from '../../src/config/load.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import type { Root } from '../../src/host/root.ts';
import { AT, alert, dispatch, keepLog, makeRoot, stopBeforeRemoval, told, webhookServer } from '../alert/support.ts';

const PACE = { first: 20, most: 50, keep: 7 * DAY };
const spooled = async (root: Root, sink: string) =>
  (await readdir(root.at(`/var/lib/certagent/spool/${sink}`)).catch(() => [])).length;

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** An alert service with these webhooks. */
async function service(root: Root, urls: Record<string, string>) {
  const sinks = Object.entries(urls).map(([name, url]) => `[[alerts.webhook]]\nname = "${name}"\nurl = "${url}"\n`);
  const { alerts: config } = await parseConfig(sinks.join(''), 'config.toml');
  const { log, lines } = keepLog();
  const alerts = await openAlerts({ root, config, now: () => AT, log, pace: PACE });
  stopBeforeRemoval(root, () => alerts.stop(0));
  return { alerts, lines };
}

const endless = (status: number) => (response: ServerResponse) => {
  response.writeHead(status);
  const more = () => {
    while (!response.destroyed && response.write('x'.repeat(16_384)));
  };
  response.on('drain', more);
  more();
};
const WEBHOOKS: [string, (response: ServerResponse) => void, RegExp][] = [
  ['answers 500', (response) => void response.writeHead(500).end(), /answered HTTP 500/],
  [
    'answers 429 with Retry-After: 0',
    (response) => void response.writeHead(429, { 'retry-after': '0' }).end(),
    /answered HTTP 429/,
  ],
  [
    'redirects to itself',
    (response) => void response.writeHead(302, { location: '/' }).end(),
    /HTTP 302, and redirects are not followed/,
  ],
  ['answers 503 with a body without an end', endless(503), /answered HTTP 503/],
  ['drops the connection', (response) => void response.destroy(), /could not be reached \(ECONNRESET\)/],
];
for (const [what, answer, reason] of WEBHOOKS)
  test(`a webhook that ${what}: logged, kept on disk, delivered when it works again; the other sink does not wait`, async (t) => {
    const root = await makeRoot(t);
    const [ill, well] = [await webhookServer(t), await webhookServer(t)];
    ill.state.answer = answer;
    const { alerts, lines } = await service(root, { ill: ill.url, well: well.url });
    await alerts.enqueue(dispatch());
    await alerts.flush();
    assert.equal(well.received.length, 1);
    assert.deepEqual(alerts.failing(), ['ill']);
    assert.equal(await spooled(root, 'ill'), 1);
    assert.match(lines.join('\n'), reason);
    ill.state.answer = (response) => void response.end();
    await until(() => alerts.failing().length === 0);
    assert.equal(await spooled(root, 'ill'), 0);
    assert.equal(
      new Set(ill.received.map(({ headers }) => headers['webhook-id'])).size,
      1,
      'every try has the same id',
    );
    assert.equal(well.received.length, 1, 'the other one heard it once');
  });

test('a webhook that hangs delays no other sink, and certagent can stop', async (t) => {
  const root = await makeRoot(t);
  const [ill, well] = [await webhookServer(t), await webhookServer(t)];
  ill.state.answer = () => {};
  const { alerts } = await service(root, { ill: ill.url, well: well.url });
  for (const id of ['id-1', 'id-2', 'id-3']) await alerts.enqueue(dispatch({ id }));
  await until(() => well.received.length === 3);
  await alerts.stop(10);
  assert.equal(await spooled(root, 'ill'), 3);
});

test('a webhook that switches to another protocol is tried again, and certagent can stop', async (t) => {
  const root = await makeRoot(t);
  const ill = await webhookServer(t);
  ill.state.answer = (response) => {
    response.writeHead(101, { connection: 'Upgrade', upgrade: 'other' });
    response.end();
  };
  const { alerts } = await service(root, { ill: ill.url });
  await alerts.enqueue(dispatch());
  await alerts.flush();
  assert.deepEqual(alerts.failing(), ['ill']);
  assert.equal(await spooled(root, 'ill'), 1);
  await alerts.stop(10);
});

const STAGES = ['connection', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'body', 'acceptance'] as const;

/** An SMTP server that drops the connection at a stage; with `acceptance` only after it took the message. */
async function droppingServer(t: TestContext, stage: (typeof STAGES)[number]) {
  const bodies: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (stage === 'connection') return socket.destroy();
    let data: string | null = null;
    let rest = '';
    const handle = (line: string): string => {
      if (data !== null) {
        if (line !== '.') {
          data += `${line}\n`;
          return '';
        }
        if (stage === 'body') return 'drop';
        bodies.push(data);
        data = null;
        return '250 taken';
      }
      const verb = line.split(/[ :]/)[0]!.toUpperCase();
      if (verb === stage || (verb === 'QUIT' && stage === 'acceptance')) return 'drop';
      if (verb === 'DATA') data = '';
      return verb === 'DATA' ? '354 go on' : verb === 'EHLO' ? '250 here' : '250 ok';
    };
    socket.on('data', (chunk) => {
      const lines = `${rest}${chunk}`.split('\r\n');
      rest = lines.pop()!;
      for (const answer of lines.map(handle)) {
        if (answer === 'drop') return socket.destroy();
        if (answer !== '') socket.write(`${answer}\r\n`);
      }
    });
    socket.write('220 here\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, bodies };
}

for (const stage of STAGES)
  test(`an SMTP server that drops the connection at: ${stage}`, async (t) => {
    const { port, bodies } = await droppingServer(t, stage);
    const config = { host: '127.0.0.1', port, security: 'none', from: 'a@example.org', to: ['b@example.org'] } as const;
    const sent = emailSink({ ...config, to: [...config.to], least: 'info' }, 'mail', await makeRoot(t)).send(
      dispatch(),
    );
    if (stage === 'acceptance') {
      assert.equal(await sent, 'accepted');
      assert.equal(bodies.length, 1);
      return;
    }
    await assert.rejects(
      sent,
      (error) =>
        error instanceof SinkError &&
        error.message.startsWith(`sink "mail": 127.0.0.1:${port} did not accept the email`) &&
        /certagent alert test/.test(error.remedy ?? '') &&
        // It is tried again: nothing says that the message itself is unwanted.
        !error.refusesMessage,
    );
  });

test('a thousand alerts while the sink is down: fifty messages at most, and none of the states lost', async (t) => {
  const root = await makeRoot(t);
  const { url, state, received } = await webhookServer(t);
  state.answer = (response) => void response.writeHead(503).end();
  const { alerts } = await service(root, { chat: url });
  const codes = Array.from({ length: 1_000 }, (_, number) => `CODE_${number}`);
  const five = (from: number) => codes.slice(from, from + 5).map((code) => told({ alert: alert({ code }) }));
  for (let from = 0; from < 1_000; from += 5)
    await alerts.enqueue(dispatch({ id: `id-${from}`, notifications: five(from) }));
  assert.equal(await spooled(root, 'chat'), 50);
  received.length = 0;
  state.answer = (response) => void response.end();
  await alerts.flush();
  await until(async () => (await spooled(root, 'chat')) === 0);
  // The one that was on its way when the sink came back may be there twice: with the same id.
  const messages = new Map(received.map(({ headers, body }) => [headers['webhook-id'], body]));
  assert.ok(messages.size <= 50, String(messages.size));
  const heard = [...messages.values()].flatMap((body) =>
    (JSON.parse(body).data.alerts as { code: string }[]).map(({ code }) => code),
  );
  assert.deepEqual(heard, codes, 'each once, in the order they came');
});
