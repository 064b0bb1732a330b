import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { askDaemon, remote } from '../../src/control/client.ts';
import { socketPath } from '../../src/control/paths.ts';
import { CertagentError } from '../../src/domain/model/errors.ts';
import type { Progress } from '../../src/domain/model/journal.ts';
import type { PlanRequest } from '../../src/domain/model/status.ts';
import { copy, HISTORY, report } from '../cli/reports.ts';
import { handlers, PROGRESS, served, temporaryRoot } from './support.ts';

test('every handler is reached through the sockets with what it was given', async (t) => {
  const seen: unknown[] = [];
  const root = await served(t, {
    plan: async (request?: PlanRequest) => {
      seen.push(['plan', request]);
      return handlers().plan();
    },
    sync: async (options) => {
      seen.push(['sync', options]);
      return [copy('ä', 'current')];
    },
    testAlerts: async () => [{ sink: 'mail', ok: true, detail: '' }],
  });
  const node = remote(root);
  assert.deepEqual(await node.status(), report());
  assert.deepEqual(await node.check(), report());
  assert.deepEqual(await node.history(), HISTORY);
  assert.equal(await node.metrics(), 'certagent_up 1\n');
  await node.plan();
  await node.plan({ force: false });
  await node.plan({ force: true });
  await node.plan({ force: false, enabled: true });
  assert.equal((await node.sync({ dryRun: true }))[0]?.user, 'ä');
  assert.equal((await node.testAlerts())[0]?.sink, 'mail');
  await node.reload();
  assert.deepEqual(seen, [
    ['plan', undefined],
    ['plan', { force: false }],
    ['plan', { force: true }],
    ['plan', { force: false, enabled: true }],
    ['sync', { dryRun: true }],
  ]);
});

test('progress arrives while the renewal still runs', async (t) => {
  let go = () => {};
  const told = new Promise<void>((resolve) => {
    go = resolve;
  });
  const root = await served(t, {
    renew: async (_request, progress) => {
      progress(PROGRESS);
      // Resolves only when the client has seen the step.
      await told;
      return null;
    },
  });
  const seen: Progress[] = [];
  const outcome = await remote(root).renew({ force: false }, (progress) => {
    seen.push(progress);
    go();
  });
  assert.equal(outcome, null);
  assert.deepEqual(seen, [PROGRESS]);
});

test('an error of the daemon is the same error here', async (t) => {
  const root = await served(t, {
    renew: async () => {
      throw new CertagentError('RENEWAL_BLOCKED', 'nothing was touched', { remedy: 'Install kubeadm.' });
    },
    reload: async () => {
      throw new CertagentError('CONFIG_REFUSED', 'refused:\n  line 1: x');
    },
  });
  await assert.rejects(
    remote(root).renew({ force: false }, () => {}),
    { code: 'RENEWAL_BLOCKED', remedy: 'Install kubeadm.' },
  );
  await assert.rejects(remote(root).reload(), { code: 'CONFIG_REFUSED', message: 'refused:\n  line 1: x' });
});

test('no daemon: the error says how to start one', async (t) => {
  const root = await temporaryRoot(t);
  await assert.rejects(askDaemon(root, 'GET', '/v1/status'), {
    code: 'NO_DAEMON',
    remedy: /systemctl start certagent/,
  });
});

test('a large report arrives whole', async (t) => {
  const large = report({
    findings: Array.from({ length: 20_000 }, (_, at) => ({
      path: `/é/${at}`,
      id: null,
      owner: 'operator',
      reason: 'empty',
      detail: '',
    })),
  });
  const root = await served(t, { status: async () => large });
  assert.deepEqual(await remote(root).status(), large);
});

const HALF = {
  'before the answer': '',
  'within the head': 'HTTP/1.1 200 OK\r\ncontent-',
  'within the body': 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"schema":',
  'within a renewal': `HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\r\n{"progress":{}}\n{"outco`,
};
for (const [when, text] of Object.entries(HALF)) {
  test(`a daemon that exits ${when} is reported as such`, async (t) => {
    const root = await temporaryRoot(t);
    const path = socketPath(root, 'control');
    await mkdir(dirname(path), { recursive: true });
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.once('data', () => socket.end(text));
    }).listen(path);
    t.after(() => server.close());
    await assert.rejects(askDaemon(root, 'POST', '/v1/renew', {}), { code: 'DAEMON_GONE' });
  });
}
