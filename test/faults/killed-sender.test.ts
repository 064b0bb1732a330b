// SIGKILL around the moment a sink accepts: what is promised is "at least once, and a second time under the same id".
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeRoot, webhookServer } from '../alert/support.ts';

const SENDER = fileURLToPath(new URL('./spool-sender.ts', import.meta.url));

function sender(t: TestContext, ...words: string[]): ChildProcess {
  const child = spawn(process.execPath, [SENDER, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const delivered = (child: ChildProcess) => once(child.stdout!, 'data');

test('killed before the acceptance was known: the alert is sent again with the same id, before later ones', async (t) => {
  const root = await makeRoot(t);
  const { url, received, state } = await webhookServer(t);
  let first: ChildProcess;
  const killed = new Promise<void>((resolve) => {
    // The sink has the whole message; nobody receives its answer.
    state.answer = (response) => {
      state.answer = (later) => void later.end();
      void kill(first).then(() => {
        response.end();
        resolve();
      });
    };
  });
  first = sender(t, root.prefix, url, 'id-1');
  await killed;
  const second = sender(t, root.prefix, url, 'id-2');
  await delivered(second);
  assert.deepEqual(
    received.map(({ headers }) => headers['webhook-id']),
    ['id-1', 'id-1', 'id-2'],
  );
  assert.deepEqual(await readdir(root.at('/var/lib/certagent/spool/chat')), []);
});

test('killed after the acceptance was noted: nothing is sent a second time', async (t) => {
  const root = await makeRoot(t);
  const { url, received } = await webhookServer(t);
  const first = sender(t, root.prefix, url, 'id-1', 'id-2');
  await delivered(first);
  await kill(first);
  const second = sender(t, root.prefix, url);
  await delivered(second);
  assert.deepEqual(
    received.map(({ headers }) => headers['webhook-id']),
    ['id-1', 'id-2'],
  );
});
