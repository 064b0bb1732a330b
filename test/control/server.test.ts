import assert from 'node:assert/strict';
import { chmod, lstat, mkdir, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { socketPath } from '../../src/control/paths.ts';
import { serveControl } from '../../src/control/server.ts';
import { CertagentError } from '../../src/domain/model/errors.ts';
import { RUN_DIR } from '../../src/host/root.ts';
import { handlers, http, served, temporaryRoot } from './support.ts';

const READ = ['/v1/status', '/v1/plan', '/v1/history', '/metrics'];
const ACT = ['/v1/check', '/v1/renew', '/v1/sync', '/v1/reload', '/v1/alert-test'];

test('reading is offered on both sockets, acting on the control socket alone', async (t) => {
  const root = await served(t);
  for (const name of ['status', 'control'] as const) {
    for (const path of READ)
      assert.equal((await http(socketPath(root, name), 'GET', path)).status, 200, `${name} ${path}`);
  }
  for (const path of ACT) {
    assert.equal((await http(socketPath(root, 'control'), 'POST', path)).status, 200, path);
    const refused = await http(socketPath(root, 'status'), 'POST', path);
    assert.equal(refused.status, 403, path);
    assert.equal(JSON.parse(refused.body).error.code, 'READ_ONLY');
  }
});

test('metrics are the text that Prometheus reads', async (t) => {
  const root = await served(t);
  const answer = await http(socketPath(root, 'status'), 'GET', '/metrics');
  assert.equal(answer.body, 'certagent_up 1\n');
  assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
});

const REFUSED = [
  { what: 'an unknown path', method: 'GET', path: '/v1/nonsense', status: 404, code: 'UNKNOWN_PATH' },
  { what: 'a name every object has', method: 'GET', path: '/constructor', status: 404, code: 'UNKNOWN_PATH' },
  {
    what: 'GET where POST is meant',
    method: 'GET',
    path: '/v1/renew',
    status: 405,
    code: 'WRONG_METHOD',
    allow: 'POST',
  },
  {
    what: 'POST where GET is meant',
    method: 'POST',
    path: '/v1/status',
    status: 405,
    code: 'WRONG_METHOD',
    allow: 'GET',
  },
  { what: 'no JSON', method: 'POST', path: '/v1/sync', body: 'nonsense', status: 400, code: 'BAD_REQUEST' },
  { what: 'no object', method: 'POST', path: '/v1/sync', body: '[]', status: 400, code: 'BAD_REQUEST' },
  {
    what: 'a flag that is none',
    method: 'POST',
    path: '/v1/sync',
    body: '{"dryRun":"no"}',
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    what: 'too large a body',
    method: 'POST',
    path: '/v1/sync',
    body: ' '.repeat(65_537),
    status: 413,
    code: 'BODY_TOO_LARGE',
  },
];
for (const { what, method, path, body, status, code, allow } of REFUSED) {
  test(`refused: ${what}`, async (t) => {
    const root = await served(t);
    const answer = await http(socketPath(root, 'control'), method, path, body);
    assert.equal(answer.status, status);
    assert.equal(JSON.parse(answer.body).error.code, code);
    assert.equal(answer.headers.allow, allow);
  });
}

test('a running renewal reports each step', async (t) => {
  const root = await served(t);
  const answer = await http(socketPath(root, 'control'), 'POST', '/v1/renew', '{"force":true}');
  assert.equal(answer.headers['content-type'], 'application/x-ndjson');
  const lines = answer.body
    .trim()
    .split('\n')
    .map((line) => Object.keys(JSON.parse(line))[0]);
  assert.deepEqual(lines, ['progress', 'progress', 'outcome']);
});

test('a handler that fails answers with its code, its causes and its remedy', async (t) => {
  const root = await served(t, {
    reload: async () => {
      throw new CertagentError('CONFIG_REFUSED', 'the file is refused', {
        remedy: 'Correct it.',
        cause: new Error('line 3'),
      });
    },
    history: async () => {
      throw new TypeError('oops');
    },
  });
  const refused = await http(socketPath(root, 'control'), 'POST', '/v1/reload');
  assert.equal(refused.status, 409);
  assert.deepEqual(JSON.parse(refused.body).error, {
    code: 'CONFIG_REFUSED',
    message: 'the file is refused: line 3',
    remedy: 'Correct it.',
  });
  assert.equal((await http(socketPath(root, 'status'), 'GET', '/v1/history')).status, 500);
});

test('the sockets are shut to others, but for the group that may read', async (t) => {
  const root = await served(t, {}, process.getgid!());
  assert.equal((await stat(socketPath(root, 'control'))).mode & 0o777, 0o600);
  const status = await stat(socketPath(root, 'status'));
  assert.equal(status.mode & 0o777, 0o660);
  assert.equal(status.gid, process.getgid!());
});

test('without a group nobody else reads', async (t) => {
  const root = await served(t);
  assert.equal((await stat(socketPath(root, 'status'))).mode & 0o777, 0o600);
});

test('a second daemon is refused and the first keeps running', async (t) => {
  const root = await served(t);
  await assert.rejects(serveControl({ root, groupId: null, handlers: handlers() }), { code: 'ALREADY_RUNNING' });
  assert.equal((await http(socketPath(root, 'status'), 'GET', '/v1/status')).status, 200);
});

test("a dead daemon's sockets are replaced", async (t) => {
  const root = await temporaryRoot(t);
  for (const name of ['control', 'status'] as const) await leaveStale(root.at(RUN_DIR), socketPath(root, name));
  const server = await serveControl({ root, groupId: null, handlers: handlers() });
  assert.equal((await http(socketPath(root, 'status'), 'GET', '/v1/status')).status, 200);
  await server.close();
  await assert.rejects(lstat(socketPath(root, 'status')), { code: 'ENOENT' });
});

test('a file in the place of the socket is not removed', async (t) => {
  const root = await temporaryRoot(t);
  await mkdir(root.at(RUN_DIR), { recursive: true });
  await writeFile(socketPath(root, 'control'), 'mine');
  await assert.rejects(serveControl({ root, groupId: null, handlers: handlers() }), { code: 'SOCKET_TAKEN' });
});

test('a root too deep for a socket address works all the same', async (t) => {
  const top = await temporaryRoot(t);
  const deep = `${top.prefix}/${'d'.repeat(120)}`;
  await mkdir(deep);
  const root = await temporaryRoot(t, deep);
  const server = await serveControl({ root, groupId: null, handlers: handlers() });
  const { remote } = await import('../../src/control/client.ts');
  assert.equal((await remote(root).status()).node.name, 'cp-1');
  await server.close();
  await assert.rejects(lstat(socketPath(root, 'status')), { code: 'ENOENT' });
});

/** A socket file that nobody listens on, as a killed daemon leaves it. */
async function leaveStale(directory: string, path: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const { spawnSync } = await import('node:child_process');
  const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script, path]);
  assert.ok((await lstat(path)).isSocket());
  await chmod(path, 0o600);
}

test('another group can be let in, or none, while the sockets are open', async (t) => {
  const root = await temporaryRoot(t);
  const server = await serveControl({ root, groupId: null, handlers: handlers() });
  t.after(() => server.close());
  const facts = async () => {
    const { mode, gid } = await stat(socketPath(root, 'status'));
    return [mode & 0o777, gid];
  };
  const own = process.getgid!();
  await server.setGroup(own);
  assert.deepEqual(await facts(), [0o660, own]);
  await server.setGroup(null);
  assert.equal((await facts())[0], 0o600);
  assert.equal((await stat(socketPath(root, 'control'))).mode & 0o777, 0o600);
});

for (const only of ['[]', '"apiserver"', '["apiserver", 1]'])
  test(`names of certificates that are no list of texts are refused, not taken for none: ${only}`, async (t) => {
    const root = await served(t, { renew: () => assert.fail('it renewed') });
    const answer = await http(socketPath(root, 'control'), 'POST', '/v1/renew', `{"force":false,"only":${only}}`);
    assert.equal(JSON.parse(answer.body).error.code, 'BAD_REQUEST');
  });
