// `certagent doctor` on throw-away nodes.
import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveControl } from '../../src/control/server.ts';
import { diagnose } from '../../src/daemon/doctor/diagnose.ts';
import { type Diagnosis, DOCTOR_CHECKS } from '../../src/domain/model/diagnosis.ts';
import { CONFIG_FILE, type Root } from '../../src/host/root.ts';
import { report } from '../cli/reports.ts';
import { handlers } from '../control/support.ts';
import { configure, fingerprints, type Scene, scene } from './support.ts';

const ask = (root: Root, progress: (title: string) => void = () => {}) =>
  diagnose({ root, configFile: CONFIG_FILE, now: Date.now }, progress);

const of = ({ results }: Diagnosis, check: string) => results.filter((one) => one.check === check);
const failing = ({ results }: Diagnosis) => results.filter(({ state }) => state === 'fails');

/** What certagent could have written. */
async function written({ node }: Pick<Scene, 'node'>): Promise<unknown> {
  const names = await readdir(join(node.root, 'var/lib'), { recursive: true });
  return [await fingerprints(node), names.filter((name) => name.includes('certagent')).sort()];
}

test('a sound node with a daemon: nothing fails, each check says something, nothing is written or sent', async (t) => {
  const { node, agent, inbox, root } = await scene(t, { kind: 'kubeadm', version: 'v1.36.3', days: 200 });
  const control = await serveControl({ root, groupId: null, handlers: agent });
  t.after(() => control.close());
  await agent.status();
  const before = await written({ node });
  const titles: string[] = [];
  const diagnosis = await ask(root, (title) => titles.push(title));
  assert.deepEqual(failing(diagnosis), []);
  assert.deepEqual([...new Set(diagnosis.results.map(({ check }) => check))], [...DOCTOR_CHECKS]);
  assert.equal(titles.length, DOCTOR_CHECKS.length + 1);
  assert.match(of(diagnosis, 'daemon')[0]!.what, /^it answers, with version/);
  assert.match(of(diagnosis, 'sinks')[0]!.what, /^webhook-1: http:\/\/127\.0\.0\.1:\d+ answers$/);
  assert.match(of(diagnosis, 'ca-keys')[0]!.what, /ca, etcd-ca, front-proxy-ca/);
  assert.deepEqual(await written({ node }), before);
  assert.deepEqual([inbox.webhooks, inbox.emails], [[], []]);
});

test('a daemon that uses another configuration than the file holds', async (t) => {
  const { node, agent, root } = await scene(t, { kind: 'kubeadm', version: 'v1.36.3', days: 200 });
  const control = await serveControl({ root, groupId: null, handlers: agent });
  t.after(() => control.close());
  await configure(node, 'mode = "observe"\n');
  const diagnosis = await ask(root);
  assert.match(of(diagnosis, 'daemon')[0]!.what, /another configuration/);
  assert.deepEqual(
    of(diagnosis, 'renewal').map(({ state }) => state),
    ['ok', 'warning'],
  );
  assert.match(of(diagnosis, 'sinks')[0]!.what, /none is configured/);
});

test('what would fail is found before it does, each with a remedy', async (t) => {
  const { node, root } = await scene(t, { kind: 'kubeadm', version: 'v1.36.3', days: 200 });
  await rm(join(node.root, 'etc/kubernetes/pki/ca.key'));
  await writeFile(join(node.root, 'etc/kubernetes/pki/etcd/ca.key'), 'broken');
  await rm(join(node.root, 'usr/bin/kubeadm'));
  await configure(
    node,
    [
      '[copies]\nusers = ["nobody-knows"]',
      '[[alerts.webhook]]\nurl = "http://127.0.0.1:1/x"',
      '[[alerts.command]]\ncommand = ["/usr/bin/not-there"]',
    ].join('\n'),
  );
  const diagnosis = await ask(root);
  assert.equal(diagnosis.state, 'fails');
  const found = failing(diagnosis).map(({ check, what }) => `${check}: ${what}`);
  for (const expected of [
    /^daemon: no daemon is running/,
    /^programs: kubeadm was not found|^programs: kubeadm is not on this node/,
    /^ca-keys: the key of the CA etcd-ca .* (cannot be read|does not belong)/,
    /^sinks: sink "webhook-1": .*ECONNREFUSED/,
    /^sinks: sink "command-1": \/usr\/bin\/not-there/,
  ])
    assert.ok(
      found.some((line) => expected.test(line)),
      `${expected} is not in\n${found.join('\n')}`,
    );
  assert.match(
    JSON.stringify(of(diagnosis, 'configuration')),
    /copies\.users.* names a user that this node does not know/,
  );
  for (const { what, remedy } of failing(diagnosis)) assert.ok(remedy !== null && remedy !== '', what);
});

test('a refused configuration: the error with its line, and that nothing else was checked', async (t) => {
  const { node, root } = await scene(t, { kind: 'k3s-server', days: 200 });
  await configure(node, '[windows]\nopens = "soon"\n');
  const diagnosis = await ask(root);
  assert.deepEqual(
    diagnosis.results.map(({ check, state }) => [check, state]),
    [
      ['configuration', 'fails'],
      ['node', 'warning'],
    ],
  );
  assert.match(diagnosis.results[0]!.what, /line 2: windows\.opens/);
});

test('while a renewal runs, what it works on is not judged', async (t) => {
  const { root } = await scene(t, { kind: 'kubeadm', version: 'v1.36.3', days: 200 });
  const running = {
    planId: 'p',
    step: 2,
    steps: 6,
    title: 'systemctl restart k3s',
    state: 'started' as const,
    detail: '',
  };
  const control = await serveControl({
    root,
    groupId: null,
    handlers: handlers({ status: async () => ({ ...report(), running }) }),
  });
  t.after(() => control.close());
  const { results } = await ask(root);
  assert.deepEqual(
    [...new Set(results.map(({ check }) => check))],
    ['renewal', 'configuration', 'daemon', 'hooks', 'sinks'],
  );
  assert.match(results[0]!.what, /^under way, step 3 of 6: systemctl restart k3s/);
});

test('several errors of a configuration are several lines', async (t) => {
  const { node, root } = await scene(t, { kind: 'k3s-server', days: 200 });
  await configure(node, '[windows]\nopens = "soon"\nurgent = "later"\n');
  const { results } = await ask(root);
  assert.deepEqual(
    results.map(({ what }) => /line \d: windows\.\w+|nothing else/.exec(what)?.[0]),
    ['line 2: windows.opens', 'line 3: windows.urgent', 'nothing else'],
  );
  for (const { what } of results) assert.doesNotMatch(what, /\n/);
});

test('a clock that is trusted by configuration: what the configuration already says is not advised', async (t) => {
  const { node, root } = await scene(t, { kind: 'kubeadm', version: 'v1.36.3', days: 200 });
  await configure(node, '[clock]\nrequire_synchronized = false\n');
  for (const { state, remedy } of of(await ask(root), 'clock'))
    if (state === 'warning') assert.doesNotMatch(remedy ?? '', /set clock\.require_synchronized/);
});

test('K3s: the CAs whose keys are on the server are named', async (t) => {
  const { root } = await scene(t, { kind: 'k3s-server', version: 'v1.36.3+k3s1', days: 200 });
  assert.match(of(await ask(root), 'ca-keys')[0]!.what, /^present, and they match: .*client-ca/);
});

test('K3s: a missing CA key is found by the rules that decide', async (t) => {
  const { node, root } = await scene(t, { kind: 'k3s-server', version: 'v1.21.14+k3s1', days: 200 });
  await rm(join(node.root, 'var/lib/rancher/k3s/server/tls/client-ca.key'));
  const diagnosis = await ask(root);
  assert.match(JSON.stringify(of(diagnosis, 'ca-keys')), /"fails".*client-ca\.key/);
});
