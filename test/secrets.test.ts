// The whole job with marked secrets, on both kinds of node: certagent must not write, log or send any of them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openInbox } from '../demo/inbox.ts';
import { remote } from '../src/control/client.ts';
import { DAY } from '../src/domain/time/duration.ts';
import { Root } from '../src/host/root.ts';
import type { NodeKind } from '../testnode/node.ts';
import { maintenance, toldAtLast } from './daemon/support.ts';
import { command, eventually, nodeFor } from './testnode/support.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const PASSWORD = 'smtp-password-of-the-test-3141592653';
const WEBHOOK_SECRET = `whsec_${Buffer.from('webhook-secret-of-the-test-27182').toString('base64')}`;
const URL_SECRET = 'url-secret-of-the-test-1414213562';
const TOKEN = 'token-of-the-test-1732050807';

for (const kind of ['kubeadm', 'k3s-server'] as const) {
  test(`no secret shows anywhere: ${kind}`, async (t) => {
    const { root, heard } = await wholeJob(t, kind);
    const needles = await secretsOf(root);
    assert.ok(needles.size > 20, 'there are keys to look for');
    const haystack = new Map([...heard, ...(await written(join(root, 'var/lib/certagent')))]);
    assert.ok([...haystack.keys()].some((name) => name.endsWith('journal.jsonl')));
    assert.ok([...haystack.keys()].some((name) => name.endsWith('manifest.json')));
    for (const [where, text] of haystack) {
      for (const [what, needle] of needles) assert.ok(!text.includes(needle), `${what} shows in ${where}`);
    }
  });
}

/** Two renewals with the log at level debug: one that fails and is undone, one that succeeds. Returns all output. */
async function wholeJob(t: TestContext, kind: NodeKind): Promise<{ root: string; heard: Map<string, string> }> {
  const node = await nodeFor(t, { kind, leafEnds: Date.now() + 60 * DAY, speed: kind === 'kubeadm' ? 0.02 : 0.1 });
  const { root } = node;
  await node.start({ longRunning: true });
  const inbox = await openInbox();
  t.after(() => inbox.close());
  await mkdir(join(root, 'etc/certagent'), { recursive: true });
  const secret = async (name: string, text: string) => {
    await writeFile(join(root, 'etc/certagent', name), `${text}\n`, { mode: 0o600 });
    return `/etc/certagent/${name}`;
  };
  const copy = join(root, 'home/alice/.kube/config');
  await writeFile(
    copy,
    (await readFile(copy, 'utf8')).replace(/^users:\n/m, `users:\n- name: robot\n  user:\n    token: ${TOKEN}\n`),
  );
  await chmod(copy, 0o600);
  await writeFile(
    join(root, 'etc/certagent/config.toml'),
    [
      maintenance('later'),
      '[log]\nlevel = "debug"',
      '[[alerts.email]]\nname = "refusing"\nhost = "127.0.0.1"',
      `port = ${inbox.smtpPort}\nsecurity = "none"\nuser = "certagent"\npassword_file = "${await secret('password', PASSWORD)}"`,
      'from = "certagent@node.example"\nto = ["ops@example.org"]',
      `[[alerts.webhook]]\nname = "signed"\nurl_file = "${await secret('url', `${inbox.webhookUrl}/${URL_SECRET}`)}"`,
      `secret_file = "${await secret('webhook-secret', WEBHOOK_SECRET)}"`,
      `[[alerts.webhook]]\nname = "dead"\nurl_file = "${await secret('dead-url', `http://127.0.0.1:9/${URL_SECRET}`)}"`,
    ].join('\n'),
  );
  const heard = new Map<string, string>();
  const daemon = spawn(process.execPath, [MAIN, '--root', root, 'run'], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => void daemon.kill('SIGKILL'));
  let log = '';
  for (const stream of [daemon.stdout, daemon.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk));
  const watch = watchCommandLines(t, root);
  const ask = remote(new Root(root));
  await eventually(() =>
    ask.status().then(
      () => true,
      () => false,
    ),
  );

  await node.faults(kind === 'kubeadm' ? { kubeadmFailsAt: 'etcd-peer' } : { k3s: 'does-not-renew' });
  heard.set(
    'a failed renew',
    JSON.stringify(await command(process.execPath, [MAIN, '--root', root, 'renew', '--yes'])),
  );
  await node.faults({ kubeadmFailsAt: null, k3s: 'none' });
  heard.set('renew', JSON.stringify(await command(process.execPath, [MAIN, '--root', root, 'renew', '--yes'])));
  for (const words of [
    ['status', '-o', 'wide'],
    ['status', '-o', 'json'],
    ['plan', '-o', 'json'],
    ['history', '-o', 'json'],
    ['sync', '-o', 'json'],
    ['alert', 'test'],
  ]) {
    heard.set(words.join(' '), JSON.stringify(await command(process.execPath, [MAIN, '--root', root, ...words])));
  }
  heard.set('metrics', await ask.metrics());
  await toldAtLast(inbox, 'event RENEWED');
  const ended = once(daemon, 'exit');
  daemon.kill('SIGTERM');
  await ended;
  heard.set('log', log);
  heard.set('webhooks', inbox.webhooks.join('\n'));
  heard.set('emails', inbox.emails.join('\n'));
  heard.set('command lines', watch());
  assert.match(heard.get('renew') ?? '', /"code":0/, 'the second renewal succeeded');
  assert.ok(heard.get('log')?.includes('"debug"'), 'the log is at its most talkative');
  return { root, heard };
}

/** Twenty characters from the middle of each private key, as PEM and as kubeconfigs hold it, and the marked ones. */
async function secretsOf(root: string): Promise<Map<string, string>> {
  const needles = new Map([
    ['the SMTP password', PASSWORD],
    ['its base64 form', Buffer.from(PASSWORD).toString('base64').slice(4, 36)],
    ['the webhook secret', WEBHOOK_SECRET.slice(6, 36)],
    ['the secret address', URL_SECRET],
    ['the token', TOKEN],
  ]);
  for (const directory of [
    'etc/kubernetes',
    'etc/rancher',
    'var/lib/rancher',
    'var/lib/kubelet',
    'var/lib/certagent/backups',
    'home',
  ]) {
    for (const [path, text] of await written(join(root, directory), true)) {
      for (const [index, [pem]] of [
        ...text.matchAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END/g),
      ].entries()) {
        needles.set(`a key of ${path} (${index})`, pem.replace(/\s/g, '').slice(-60, -40));
        needles.set(`a line of a key of ${path} (${index})`, pem.split('\n').at(-3)?.slice(0, 20) ?? pem);
      }
      for (const [index, [, data]] of [...text.matchAll(/client-key-data: (\S+)/g)].entries()) {
        needles.set(`key data of ${path} (${index})`, data!.slice(-120, -100));
      }
    }
  }
  return needles;
}

/** Text of every file below a directory; a backup holds keys on purpose, its listing holds none. */
async function written(directory: string, withKeys = false): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true }).catch(() => [])) {
    const path = join(directory, entry);
    const isCopy = path.includes('/backups/') && !path.endsWith('manifest.json');
    if ((await stat(path)).isFile() && (withKeys || !isCopy)) files.set(path, await readFile(path, 'utf8'));
  }
  return files;
}

/** Collects every command line that names the node, every 150 ms; call the result for all that were seen. */
function watchCommandLines(t: TestContext, root: string): () => string {
  const seen = new Set<string>();
  const look = async () => {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (text.includes(root)) seen.add(text);
    }
  };
  const timer = setInterval(() => void look(), 150);
  // Even when the test fails: the timer would keep the process running.
  t.after(() => clearInterval(timer));
  return () => {
    clearInterval(timer);
    assert.ok(seen.size > 0, 'command lines were seen');
    return [...seen].join('\n');
  };
}
