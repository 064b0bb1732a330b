import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { ControlHandlers } from '../../src/control/handlers.ts';
import { socketPath } from '../../src/control/paths.ts';
import type { Root } from '../../src/host/root.ts';
import { handlers, http, served } from '../control/support.ts';
import { mutatedText } from './mutate.ts';
import { fuzz } from './support.ts';

const ACTING = ['check', 'renew', 'sync', 'reload', 'testAlerts'] as const;

/** A daemon that counts what it is made to do. */
async function counting(t: TestContext, groupId: number | null = null): Promise<{ root: Root; acted: string[] }> {
  const acted: string[] = [];
  const usual = handlers();
  const counted = ACTING.map((name) => [
    name,
    (...args: never[]) => {
      acted.push(name);
      return (usual[name] as (...given: never[]) => unknown)(...args);
    },
  ]);
  const root = await served(t, Object.fromEntries(counted) as Partial<ControlHandlers>, groupId);
  return { root, acted };
}

/** Sends raw bytes, and reads until the server ends the connection or says nothing more. */
function exchange(path: string, bytes: Buffer, patience = 3_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let got = '';
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(got);
    };
    const timer = setTimeout(done, patience);
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
    });
    socket.on('error', done);
    socket.on('close', done);
    socket.end(bytes);
  });
}

const head = 'host: certagent\r\nconnection: close\r\n';
const REQUESTS = [
  `GET /v1/status HTTP/1.1\r\n${head}\r\n`,
  `GET /v1/plan?for=renew&force=1 HTTP/1.0\r\n\r\n`,
  `POST /v1/renew HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-length: 14\r\n\r\n{"force":true}`,
  `POST /v1/sync HTTP/1.1\r\n${head}transfer-encoding: chunked\r\n\r\n10\r\n{"dryRun": true}\r\n0\r\n\r\n`,
  `POST /v1/reload HTTP/1.1\r\n${head}expect: 100-continue\r\ncontent-length: 0\r\n\r\n`,
  `GET /metrics HTTP/1.1\r\n${head}\r\nPOST /v1/check HTTP/1.1\r\n${head}\r\n`,
  `POST /v1/alert-test HTTP/1.1\r\n${head}upgrade: websocket\r\nconnection: upgrade\r\n\r\n`,
  `CONNECT /v1/renew HTTP/1.1\r\n${head}\r\n`,
  `POST /v1/renew HTTP/1.1\r\n${head}x-http-method-override: GET\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  `GET //[ HTTP/1.1\r\n${head}\r\n`,
  `GET http://[::bad/ HTTP/1.1\r\n${head}\r\n`,
  `POST http://certagent/v1/renew HTTP/1.1\r\n${head}\r\n`,
  `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`,
];

const raw = fc.oneof(
  { weight: 4, arbitrary: mutatedText(REQUESTS, 4).map((request) => Buffer.from(request, 'latin1')) },
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);

test('whatever bytes come, both sockets answer with HTTP or end the connection, and go on', async (t) => {
  const { root } = await counting(t);
  let good = 0;
  await fuzz(t, 250, fc.tuple(fc.constantFrom('status', 'control'), raw), async ([name, bytes]) => {
    const answer = await exchange(socketPath(root, name as 'status'), bytes);
    if (answer.startsWith('HTTP/1.1 200')) good += 1;
    assert.match(answer, /^($|HTTP\/1\.1 (100|200|400|403|404|405|409|413|431) )/, answer.slice(0, 60));
  });
  t.diagnostic(`${good} of them were answered with 200`);
  assert.ok(good > 0);
  for (const name of ['status', 'control'] as const)
    assert.equal((await http(socketPath(root, name), 'GET', '/v1/status')).status, 200);
});

test('nothing that comes in at the status socket makes the daemon act', async (t) => {
  const { root, acted } = await counting(t);
  await fuzz(t, 250, raw, (bytes) => exchange(socketPath(root, 'status'), bytes).then(() => {}));
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'GET'])
    for (const path of [
      '/v1/renew',
      '/v1/renew/',
      '/v1//renew',
      '/V1/RENEW',
      '/v1/%72enew',
      '/v1/sync',
      '/v1/check',
      '/v1/reload',
      '/v1/alert-test',
    ])
      assert.ok((await http(socketPath(root, 'status'), method, path)).status >= 400, `${method} ${path}`);
  assert.deepEqual(acted, []);
});

test('of a body of 1 GB little is read, and the memory stays', async (t) => {
  const { root, acted } = await counting(t);
  for (const [name, path] of [
    ['control', '/v1/sync'],
    ['control', '/v1/status'],
    ['status', '/v1/status'],
    ['status', '/v1/sync'],
  ] as const) {
    for (const framing of ['content-length: 1073741824\r\n\r\n', 'transfer-encoding: chunked\r\n\r\n40000000\r\n']) {
      const before = process.memoryUsage.rss();
      const { sent, answer } = await flood(socketPath(root, name), `POST ${path} HTTP/1.1\r\nhost: c\r\n${framing}`);
      assert.ok(sent < 16 * 1024 * 1024, `${name} ${path}: ${sent} bytes were taken`);
      assert.match(answer, /^($|HTTP\/1\.1 (403|405|413) )/);
      assert.ok(process.memoryUsage.rss() - before < 128 * 1024 * 1024);
    }
  }
  assert.deepEqual(acted, []);
});

/** Writes up to 1 GB for as long as the other side takes it. `sent`: bytes that left this side's buffer. */
function flood(path: string, request: string): Promise<{ sent: number; answer: string }> {
  const block = Buffer.alloc(64 * 1024, 0x20);
  return new Promise((resolve) => {
    const socket = connect(path);
    let answer = '';
    const end = () => {
      resolve({ sent: socket.bytesWritten - socket.writableLength, answer });
      clearTimeout(timer);
      socket.destroy();
    };
    const timer = setTimeout(end, 20_000);
    const more = () => {
      while (!socket.destroyed && socket.bytesWritten < 1024 ** 3 && socket.write(block));
    };
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      // Answered: what it still takes after that is what counts.
      setTimeout(end, 200);
    });
    socket.on('drain', more);
    socket.on('error', end);
    socket.on('close', end);
    socket.write(request);
    more();
  });
}

test('slow clients on the status socket do not hold up the control socket, and are cut off', async (t) => {
  const { root } = await counting(t);
  const slow = Array.from({ length: 60 }, (_, at) =>
    drip(
      t,
      socketPath(root, 'status'),
      at % 2 === 0 ? 'GET /v1/st' : 'POST /v1/sync HTTP/1.1\r\nhost: c\r\ncontent-length: 9\r\n\r\n{',
    ),
  );
  await sleep(100);
  assert.equal((await http(socketPath(root, 'control'), 'GET', '/v1/status')).status, 200);
  assert.equal((await http(socketPath(root, 'status'), 'GET', '/v1/status')).status, 200);
  // Those that were answered (POST there is none) are closed at once, the others within the time for a request's head.
  await Promise.all(slow);
});

/** A connection that sends a byte now and then; resolves when the server has ended it. */
async function drip(t: TestContext, path: string, beginning: string): Promise<void> {
  const socket: Socket = connect(path);
  socket.on('error', () => {});
  socket.resume();
  t.after(() => socket.destroy());
  socket.write(beginning);
  const timer = setInterval(() => socket.write('a'), 300);
  // Not `once` of events, which takes an error (the server ended it while we wrote) for a failure.
  await new Promise<void>((resolve) => socket.on('close', () => resolve()));
  clearInterval(timer);
}

test('1,000 connections are turned away but for a few, and the daemon goes on', async (t) => {
  const { root } = await counting(t);
  let open = 0;
  const sockets = await Promise.all(
    Array.from(
      { length: 1_000 },
      () =>
        new Promise<Socket>((resolve) => {
          const socket = connect(socketPath(root, 'status'));
          socket.once('connect', () => {
            open += 1;
            socket.once('close', () => {
              open -= 1;
            });
            resolve(socket);
          });
          socket.on('error', () => resolve(socket));
          socket.resume();
        }),
    ),
  );
  assert.equal((await http(socketPath(root, 'control'), 'GET', '/v1/status')).status, 200);
  for (let tries = 0; open > 64; tries += 1) {
    assert.ok(tries < 200, `${open} are open`);
    await sleep(50);
  }
  for (const socket of sockets) socket.destroy();
  for (let tries = 0; ; tries += 1) {
    const answer = await http(socketPath(root, 'status'), 'GET', '/v1/status').catch(() => null);
    if (answer?.status === 200) break;
    assert.ok(tries < 400, 'the status socket does not recover');
    await sleep(50);
  }
});

const OTHER = 65_534;
const GROUP = 64_321;

test('another user reaches no socket, a member of the group the status socket alone', async (t) => {
  if (process.getuid!() !== 0) return t.skip('needs root, to become another user');
  const { root, acted } = await counting(t, GROUP);
  chmodSync(root.prefix, 0o755);
  const as = (gid: number, groups: number[]) => ({ uid: OTHER, gid, groups });
  const cases: [who: { uid: number; gid: number; groups: number[] }, socket: 'status' | 'control', result: string][] = [
    [as(OTHER, []), 'status', 'EACCES'],
    [as(OTHER, []), 'control', 'EACCES'],
    [as(OTHER, [GROUP]), 'status', '200'],
    [as(OTHER, [GROUP]), 'control', 'EACCES'],
    [as(GROUP, []), 'status', '200'],
    [as(GROUP, []), 'control', 'EACCES'],
  ];
  for (const [who, socket, result] of cases)
    assert.equal(await askAs(who, socketPath(root, socket)), result, `${JSON.stringify(who)} ${socket}`);
  assert.deepEqual(acted, []);
});

/** Status of a GET, or the error's code, as another user sees it. */
async function askAs(
  { uid, gid, groups }: { uid: number; gid: number; groups: number[] },
  path: string,
): Promise<string> {
  const script = `
    process.setgroups(${JSON.stringify(groups)}); process.setgid(${gid}); process.setuid(${uid});
    const request = require('node:http').get({ socketPath: process.argv[1], path: '/v1/status' }, (answer) => {
      process.stdout.write(String(answer.statusCode)); answer.resume();
    });
    request.on('error', (error) => process.stdout.write(error.code));`;
  const child = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  return text(child.stdout);
}
