// What an operator sees of hooks: in the plan, in the log, in alerts.
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { checkConfig } from '../../src/daemon/check-config.ts';
import { HOOKS_DIR } from '../../src/host/hooks-directory.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import type { TestNode } from '../../testnode/node.ts';
import { configure, fingerprints, maintenance, scene, toldAtLast } from './support.ts';

const KIND = 'kubeadm-external-etcd';

async function program(node: TestNode, path: string, script: string): Promise<void> {
  const at = join(node.root, path);
  await mkdir(dirname(at), { recursive: true });
  await writeFile(at, `#!/bin/sh\n${script}\n`);
  await chmod(at, 0o755);
}

const hooks = (...tables: string[]) => tables.map((table) => `[[hooks]]\n${table}\n`).join('');

test('hooks are in the plan and run with it; one that fails is reported, and one that others can change is not run', async (t) => {
  const { node, agent, inbox } = await scene(t, {
    kind: KIND,
    days: 20,
    config: hooks('on = "renewed"\ncertificates = ["apiserver"]\ncommand = ["/opt/hook", "now"]'),
  });
  const note = join(node.root, 'note');
  await program(node, '/opt/hook', `echo "$1 $CERTAGENT_NODE $CERTAGENT_RENEWED_FILES" >> ${note}`);
  await program(node, `${HOOKS_DIR}/before.d/10-first`, `echo first >> ${note}; echo hello`);
  await program(node, `${HOOKS_DIR}/20-fails`, 'echo cannot >&2; exit 4');
  await program(node, `${HOOKS_DIR}/30-open`, `echo harm >> ${note}`);
  await program(node, `${HOOKS_DIR}/failed.d/never`, `echo harm >> ${note}`);
  await chmod(join(node.root, HOOKS_DIR, '30-open'), 0o777);
  const { plan } = await agent.plan();
  assert.deepEqual(
    plan?.steps.flatMap((step) => (step.kind === 'run-hook' ? [`${step.on} ${step.command[0]}`] : [])),
    [
      `before ${HOOKS_DIR}/before.d/10-first`,
      'renewed /opt/hook',
      `renewed ${HOOKS_DIR}/20-fails`,
      `failed ${HOOKS_DIR}/failed.d/never`,
    ],
  );
  const status = await agent.check();
  assert.equal(status.lastAttempt?.result, 'succeeded');
  assert.equal(
    await readFile(note, 'utf8'),
    `first\nnow ${status.node.name} /etc/kubernetes/pki/apiserver.crt\n/etc/kubernetes/pki/apiserver.key\n`,
  );
  const told = await toldAtLast(inbox, 'event HOOK_FAILED', 'raised HOOK_REFUSED', 'event RENEWED');
  assert.ok(told.includes('event HOOK_FAILED') && told.includes('raised HOOK_REFUSED'), told.join());
  assert.deepEqual(
    status.alerts.flatMap(({ alert: { code, facts } }) => (code.startsWith('HOOK') ? [[code, facts]] : [])),
    [['HOOK_REFUSED', { [`${HOOKS_DIR}/30-open`]: 'can be written by others (mode 0777)' }]],
  );
});

test('config check knows the certificates of the node, and what of a copy would be refused', async (t) => {
  const { node } = await scene(t, {
    kind: KIND,
    days: 200,
    config: [
      '[[hooks]]\non = "renewed"\ncertificates = ["apiserver", "apisrver"]\ncommand = ["/opt/hook"]',
      '[[copies.certificates]]\nfrom = "ca"\nto = "/etc/kubernetes/x.pem"',
      '[[copies.certificates]]\nfrom = "ca"\nto = "/opt/ca.pem"',
    ].join('\n'),
  });
  await program(node, '/opt/hook', 'true');
  const warnings = await checkConfig(new Root(node.root), CONFIG_FILE);
  assert.deepEqual(
    warnings.map(({ line, key }) => `${line} ${key}`),
    ['3 hooks[0].certificates[1]', '7 copies.certificates[0].to'],
  );
});

test('a copy for a service follows a renewal, and what it serves is watched', async (t) => {
  const { node, agent, inbox } = await scene(t, {
    kind: KIND,
    days: 20,
    config: '[[copies.certificates]]\nfrom = "apiserver"\nto = "/etc/web/k8s.pem"\nformat = "key-and-certificate"\n',
  });
  await mkdir(join(node.root, 'etc/web'));
  const { copies, lastAttempt } = await agent.check();
  assert.equal(lastAttempt?.result, 'succeeded');
  assert.equal(copies.find(({ path }) => path === '/etc/web/k8s.pem')?.result, 'created');
  const renewed = await readFile(join(node.root, 'etc/kubernetes/pki/apiserver.crt'), 'utf8');
  assert.ok((await readFile(join(node.root, 'etc/web/k8s.pem'), 'utf8')).endsWith(renewed));
  assert.ok((await toldAtLast(inbox, 'event COPIES_UPDATED')).includes('event COPIES_UPDATED'));
  await configure(node, 'mode = "observe"\n[[copies.certificates]]\nfrom = "ca"\nto = "/etc/web/ca.pem"\n', inbox);
  await agent.reload();
  const observed = await agent.check();
  assert.equal(observed.copies.find(({ path }) => path === '/etc/web/ca.pem')?.result, 'pending');
});

test('a hook that must come before and fails stops a renewal that is not urgent, and nothing is touched', async (t) => {
  const { node, agent, inbox } = await scene(t, {
    kind: KIND,
    days: 60,
    config: `${maintenance('now')}${hooks(
      'on = "before"\ncommand = ["/opt/before"]',
      'on = "failed"\ncommand = ["/opt/failed"]',
    )}`,
  });
  await program(node, '/opt/before', 'echo the registry is down; exit 1');
  await program(node, '/opt/failed', `echo "$CERTAGENT_RESULT $CERTAGENT_ERROR" > ${join(node.root, 'note')}`);
  const before = await fingerprints(node);
  const status = await agent.check();
  assert.deepEqual([status.lastAttempt?.result, status.lastAttempt?.error?.code], ['failed', 'HOOK_FAILED']);
  assert.match(
    status.lastAttempt?.error?.message ?? '',
    /the hook \/opt\/before exited with 1 .*: the registry is down/,
  );
  assert.deepEqual(await fingerprints(node), before);
  assert.equal(await readFile(join(node.root, 'note'), 'utf8'), 'failed HOOK_FAILED\n');
  assert.ok((await toldAtLast(inbox, 'raised RENEWAL_FAILED')).includes('raised RENEWAL_FAILED'));
});
