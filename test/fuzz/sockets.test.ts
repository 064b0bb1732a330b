import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { socketPath } from '../../src/control/paths.ts';
import { http } from '../control/support.ts';
import { counting } from './counting.ts';
import { mutatedText } from './mutate.ts';
import { fuzz } from './support.ts';

/** Sends raw bytes, and reads until the server closes the connection or stops sending. */
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

test('whatever bytes come, both sockets answer with HTTP or close the connection, and keep working', async (t) => {
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
