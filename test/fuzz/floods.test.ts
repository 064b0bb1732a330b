import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { socketPath } from '../../src/control/paths.ts';
import { http } from '../control/support.ts';
import { counting } from './counting.ts';

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

/** A connection that sends a byte now and then; resolves when the server has closed it. */
async function drip(t: TestContext, path: string, beginning: string): Promise<void> {
  const socket: Socket = connect(path);
  socket.on('error', () => {});
  socket.resume();
  t.after(() => socket.destroy());
  socket.write(beginning);
  const timer = setInterval(() => socket.write('a'), 300);
  // Not `once` of events, which takes an error (the server closed it while we wrote) for a failure.
  await new Promise<void>((resolve) => socket.on('close', () => resolve()));
  clearInterval(timer);
}

test('of 1,000 connections all but a few are refused, and the daemon keeps running', async (t) => {
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
