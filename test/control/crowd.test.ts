// Members of the group who take every place of the status socket, in each way that a client can.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { remote } from '../../src/control/client.ts';
import { socketPath } from '../../src/control/paths.ts';
import { serveControl } from '../../src/control/server.ts';
import type { PlanReport } from '../../src/domain/model/status.ts';
import type { Root } from '../../src/host/root.ts';
import { report } from '../cli/reports.ts';
import { handlers, http, served, temporaryRoot } from './support.ts';

const PLACES = 64;

const CROWDS: Record<string, string> = {
  'say nothing': '',
  'begin a request and never end it': 'GET /v1/st',
  'announce a body and never send it': 'GET /v1/status HTTP/1.1\r\nhost: c\r\ncontent-length: 9\r\n\r\n',
  'keep their connection after the answer': 'GET /v1/status HTTP/1.1\r\nhost: c\r\n\r\n',
};
for (const [what, words] of Object.entries(CROWDS)) {
  test(`clients that ${what} keep nobody out`, async (t) => {
    const root = await served(t);
    await crowd(t, root, words, PLACES + 6);
    for (let tries = 0; tries < 5; tries += 1)
      assert.equal((await http(socketPath(root, 'status'), 'GET', '/v1/status')).status, 200);
  });
}

test('a client that says nothing is gone after a few seconds', async (t) => {
  const root = await served(t);
  const [socket] = await crowd(t, root, 'GET /v1/st', 1);
  await once(socket!.resume(), 'close', { signal: AbortSignal.timeout(300_000) });
});

test('clients that take no answer, however large it is, keep nobody out', async (t) => {
  const large = report({
    findings: Array.from({ length: 20_000 }, (_, at) => ({
      path: `/${at}`,
      id: null,
      owner: 'operator' as const,
      reason: 'empty' as const,
      detail: '',
    })),
  });
  const root = await served(t, { status: async () => large });
  await crowd(t, root, CROWDS['keep their connection after the answer']!, PLACES);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal((await http(socketPath(root, 'status'), 'GET', '/v1/history')).status, 200);
});

test('the answers that nobody takes do not add up', async (t) => {
  const size = 2 * 1024 * 1024;
  const root = await served(t, { metrics: async () => 'x'.repeat(size) });
  const whole: Promise<boolean>[] = [];
  const sockets: Socket[] = [];
  for (let at = 0; at < 30; at += 1) {
    const socket = connect(socketPath(root, 'status')).on('error', () => {});
    t.after(() => socket.destroy());
    let received = 0;
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(300_000) });
    whole.push(closed.then(() => received > size));
    socket.write('GET /metrics HTTP/1.1\r\nhost: c\r\n\r\n');
    await once(socket, 'readable');
    sockets.push(
      socket
        .on('data', (chunk) => {
          received += chunk.length;
        })
        .pause(),
    );
  }
  for (const socket of sockets) socket.resume();
  const isWhole = await Promise.all(whole);
  assert.ok(isWhole.filter((each) => !each).length >= 10, 'the first ones lost their places');
  assert.ok(isWhole.at(-1), 'the last one has its answer');
});

test('of the requests that come in one packet only the first is worked for', async (t) => {
  const root = await served(t);
  const socket = connect(socketPath(root, 'status'));
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk;
  });
  socket.on('error', () => {});
  socket.write('GET /v1/history HTTP/1.1\r\nhost: c\r\n\r\n'.repeat(1_000));
  await once(socket, 'close', { signal: AbortSignal.timeout(300_000) });
  assert.ok(received.split('HTTP/1.1 200').length <= 2, 'at most one answer');
  assert.equal((await http(socketPath(root, 'status'), 'GET', '/v1/history')).status, 200);
});

test('when every place is being worked for, the answer says so, and root still gets through', async (t) => {
  const slow = Promise.withResolvers<PlanReport>();
  const root = await temporaryRoot(t);
  const readers = { ...handlers(), plan: () => slow.promise };
  const server = await serveControl({ root, groupId: null, handlers: handlers(), readers });
  t.after(() => server.close());
  const plan = 'GET /v1/plan HTTP/1.1\r\nhost: c\r\n\r\n';
  await crowd(t, root, plan, PLACES);
  const ask = () => http(socketPath(root, 'status'), 'GET', '/v1/status');
  let refused = await ask();
  // On a busy machine it took the place of one whose request the server had not read yet.
  for (const end = Date.now() + 300_000; refused.status === 200 && Date.now() < end; ) {
    await crowd(t, root, plan, 1);
    refused = await ask();
  }
  assert.equal(refused.status, 503);
  assert.equal(JSON.parse(refused.body).error.code, 'TOO_MANY_CONNECTIONS');
  assert.match(JSON.parse(refused.body).error.message, /too many connections/);
  if (process.getuid!() === 0) assert.equal((await remote(root).status()).node.name, 'cp-1');
  slow.resolve(await handlers().plan());
});

test('however many ask, the daemon works out an answer a few times only', async (t) => {
  const calls: string[] = [];
  const usual = handlers();
  const counted = Object.fromEntries(
    (['status', 'plan', 'history', 'metrics'] as const).map((name) => [
      name,
      (...args: never[]) => {
        calls.push(name);
        return (usual[name] as (...given: never[]) => Promise<unknown>)(...args);
      },
    ]),
  );
  const root = await temporaryRoot(t);
  const server = await serveControl({ root, groupId: null, handlers: usual, readers: { ...usual, ...counted } });
  t.after(() => server.close());
  const paths = ['/v1/status', '/v1/plan?for=renew&force=1', '/v1/plan?for=renew', '/v1/history', '/metrics'];
  const began = performance.now();
  await Promise.all(
    Array.from({ length: 32 }, async (_, at) => {
      for (let turn = 0; turn < 10; turn += 1)
        await http(socketPath(root, 'status'), 'GET', `${paths[(at + turn) % paths.length]}`);
    }),
  );
  const windows = Math.ceil((performance.now() - began) / 250) + 1;
  assert.ok(calls.length <= paths.length * windows, `${calls.length} calls in ${windows} times 250 ms`);
});

/** `count` connections that have sent `words`; closed after the test. */
async function crowd(t: TestContext, root: Root, words: string, count: number): Promise<Socket[]> {
  const sockets = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(socketPath(root, 'status'));
      socket.on('error', () => {});
      await once(socket, 'connect');
      if (words !== '') socket.write(words);
      return socket;
    }),
  );
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  return sockets;
}
