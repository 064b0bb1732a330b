// Heartbeats against a real HTTP server.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeHeartbeats } from '../../src/alert/heartbeat.ts';
import { requestOf } from '../../src/alert/heartbeat-ping.ts';
import { parseConfig } from '../../src/config/load.ts';
import { MINUTE } from '../../src/domain/time/duration.ts';
import type { Root } from '../../src/host/root.ts';
import { open } from './fake-sinks.ts';
import { alert, dispatch, keepLog, makeRoot, stopBeforeRemoval } from './support.ts';

const FINE = { critical: false, text: 'node-1: no critical alert' };
const BAD = { critical: true, text: 'node-1: 1 critical: x' };
const SECRET = '/ping/5e0f2d0c-secret';

type Asked = { method: string; url: string; body: string };

async function service(t: TestContext) {
  const asked: Asked[] = [];
  const state = { answer: (response: ServerResponse, _request: IncomingMessage) => void response.end('OK') };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      asked.push({ method: request.method ?? '', url: request.url ?? '', body });
      state.answer(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, state };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 30_000, 'did not become so within 5 minutes');
    await sleep(10);
  }
}

const configOf = async (toml: string) => (await parseConfig(toml, 'config.toml')).alerts;

async function hearts(root: Root, toml: string, change: object = {}) {
  const { log, lines } = keepLog();
  const pace = { first: 5, most: 20 };
  const all = makeHeartbeats({ config: await configOf(toml), root, log, late: () => false, pace, ...change });
  stopBeforeRemoval(root, () => all.stop(0));
  return { all, lines };
}

const URLS: [shape: 'healthchecks' | 'uptime-kuma' | 'plain', url: string, fine: string, bad: string][] = [
  ['healthchecks', 'https://h/abc', 'POST https://h/abc', 'POST https://h/abc/fail'],
  ['healthchecks', 'https://h/abc/?create=1', 'POST https://h/abc/?create=1', 'POST https://h/abc/fail?create=1'],
  [
    'uptime-kuma',
    'https://k/api/push/t?status=up&msg=OK&ping=',
    'GET https://k/api/push/t?status=up&msg=node-1%3A+no+critical+alert&ping=',
    'GET https://k/api/push/t?status=down&msg=node-1%3A+1+critical%3A+x&ping=',
  ],
  ['plain', 'https://h/abc?x=1', 'GET https://h/abc?x=1', 'GET https://h/abc?x=1'],
];

test('what each shape asks, when all is well and when something critical is active', () => {
  for (const [shape, url, fine, bad] of URLS) {
    const text = (pulse: typeof FINE) => {
      const { method = 'POST', url: asked } = requestOf(shape, new URL(url), pulse);
      return `${method} ${asked.href}`;
    };
    assert.deepEqual([text(FINE), text(BAD)], [fine, bad]);
  }
});

test('a check pings, at /fail while something critical is active, and the body says what', async (t) => {
  const { base, asked } = await service(t);
  const toml = `[[alerts.heartbeat]]\nurl = "${base}${SECRET}"`;
  const { service: alerts } = await open(await makeRoot(t), { config: await configOf(toml) });
  const { node } = dispatch();
  await alerts.report({ node, alerts: [alert({ severity: 'warning' })], events: [] });
  await until(() => asked.length === 1);
  await alerts.report({ node, alerts: [alert()], events: [] });
  await until(() => asked.length === 2);
  assert.deepEqual(asked, [
    { method: 'POST', url: SECRET, body: 'node-1: no critical alert, 1 other' },
    {
      method: 'POST',
      url: `${SECRET}/fail`,
      body: 'node-1: 1 critical: 2 certificates have expired: apiserver and <b>admin</b>.',
    },
  ]);
  assert.deepEqual(alerts.failing(), []);
});

test('a service that does not answer never delays a check, and stop does not wait for it', async (t) => {
  const { base, asked, state } = await service(t);
  state.answer = () => {};
  const config = await configOf(`[[alerts.heartbeat]]\nurl = "${base}/x"`);
  const { service: alerts } = await open(await makeRoot(t), { config });
  // Were it awaited, this would never end: the server answers nobody.
  await alerts.report({ node: dispatch().node, alerts: [], events: [] });
  await until(() => asked.length === 1);
  await alerts.stop(0);
});

test('failures are reported as those of other sinks, by name, and never the address', async (t) => {
  const { base, asked, state } = await service(t);
  state.answer = (response) => void response.writeHead(500).end();
  const { all, lines } = await hearts(
    await makeRoot(t),
    `[[alerts.heartbeat]]\nname = "alive"\nurl = "${base}${SECRET}"`,
  );
  all.beat(FINE);
  await until(() => all.lasting().length > 0);
  assert.deepEqual([all.failing(), all.lasting()], [['alive'], ['alive']]);
  assert.ok(asked.length >= 3);
  state.answer = (response) => void response.end();
  await until(() => all.failing().length === 0);
  assert.deepEqual(all.lasting(), []);
  assert.match(lines.join('\n'), /answered HTTP 500.*heartbeat sent again/s);
  assert.ok(!lines.join('\n').includes('secret'));
});

test('a ping is of now: after failures the service gets the latest state once, and nothing of before', async (t) => {
  const { base, asked, state } = await service(t);
  state.answer = (response) => void response.writeHead(503).end();
  const { all } = await hearts(await makeRoot(t), `[[alerts.heartbeat]]\nurl = "${base}/x"`);
  all.beat(BAD);
  await until(() => asked.length >= 2);
  state.answer = (response) => void response.end();
  all.beat(FINE);
  await until(() => all.failing().length === 0 && asked.at(-1)?.url === '/x');
  const count = asked.length;
  await all.settled();
  await sleep(100);
  assert.equal(asked.length, count);
});

test('every: between two checks too, until the check that was due did not run', async (t) => {
  const { base, asked } = await service(t);
  let late = false;
  const config = await configOf(`[[alerts.heartbeat]]\nurl = "${base}/x"\nevery = "1m"`);
  assert.equal(config.heartbeat[0]!.every, MINUTE);
  config.heartbeat[0]!.every = 5;
  const { log } = keepLog();
  const root = await makeRoot(t);
  const all = makeHeartbeats({ config, root, log, late: () => late });
  stopBeforeRemoval(root, () => all.stop(0));
  all.beat(FINE);
  await until(() => asked.length >= 4);
  late = true;
  await sleep(50);
  const count = asked.length;
  await sleep(100);
  assert.equal(asked.length, count, 'silence is the alarm');
  late = false;
  all.beat(FINE);
  await until(() => asked.length >= count + 3);
});

test('an address in a file; a redirect, an upgrade and a closed port are failures', async (t) => {
  const { base, asked, state } = await service(t);
  const root = await makeRoot(t);
  await writeFile(root.at('/url'), `${base}${SECRET}\n`, { mode: 0o600 });
  const { all } = await hearts(root, '[[alerts.heartbeat]]\nname = "a"\nurl_file = "/url"');
  assert.deepEqual(await all.test(FINE), [{ sink: 'a', ok: true, detail: 'HTTP 200' }]);
  assert.equal(asked[0]!.url, SECRET);
  state.answer = (response) => void response.writeHead(302, { location: `${base}/elsewhere` }).end();
  assert.match(
    (await all.test(FINE))[0]!.detail,
    /^sink "a": http:\/\/127\.0\.0\.1:\d+ answered HTTP 302, and redirects are not followed$/,
  );
  state.answer = (_response, { socket }) =>
    void socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  assert.match((await all.test(FINE))[0]!.detail, /answered HTTP 101/);
  await writeFile(root.at('/url'), 'http://127.0.0.1:1/secret', { mode: 0o600 });
  assert.match(
    (await all.test(FINE))[0]!.detail,
    /^sink "a": http:\/\/127\.0\.0\.1:1 could not be reached \(ECONNREFUSED\)$/,
  );
  await writeFile(root.at('/url'), 'secret', { mode: 0o600 });
  assert.match((await all.test(FINE))[0]!.detail, /^sink "a": \/url does not hold an http or https address$/);
});
