// An agent on a control plane whose kubelet's client certificate has expired, and that does not start any more.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { openInbox } from '../../demo/inbox.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { run } from '../../src/host/commands.ts';
import { Root, STATE_DIR } from '../../src/host/root.ts';
import { unitState } from '../../src/host/systemd.ts';
import type { NodeOptions } from '../../testnode/node.ts';
import { nodeFor } from '../testnode/support.ts';
import { anotherAgent, configure, fingerprints, toldAtLast } from './support.ts';

const CONF = '/etc/kubernetes/kubelet.conf';

async function scene(t: TestContext, renew: string, options: Partial<NodeOptions> = {}) {
  const leafEnds = Date.now() + 300 * DAY;
  const node = await nodeFor(t, { kind: 'kubeadm', leafEnds, kubeletEnds: Date.now() - DAY, ...options });
  await node.start({ longRunning: true });
  const root = new Root(node.root);
  await run(root, 'systemctl', ['restart', 'kubelet'], { limit: 300_000 });
  assert.equal((await unitState(root, 'kubelet')).active, false);
  const inbox = await openInbox();
  t.after(() => inbox.close());
  await configure(node, `[renew]\n${renew}\ncomponent_limit = "120s"\nserved_limit = "120s"\n`, inbox);
  return { node, root, inbox, agent: await anotherAgent(t, root) };
}

/** Every file of certagent's state but the backups, which hold keys by design. */
async function written(root: Root): Promise<string> {
  const state = root.at(STATE_DIR);
  const names = await readdir(state, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && !entry.parentPath.includes('/backups'));
  const texts = await Promise.all(files.map(({ name, parentPath }) => readFile(join(parentPath, name), 'utf8')));
  return texts.join('\n');
}

describe('an expired kubelet', { concurrency: 2 }, () => {
  test('by default: nothing is touched, and the reported commands bring it back', async (t) => {
    const { node, root, inbox, agent } = await scene(t, '');
    const before = await fingerprints(node);
    const status = await agent.check();
    assert.deepEqual([status.renewal.kind, status.lastAttempt], ['none', null]);
    assert.deepEqual(await fingerprints(node), before);
    const row = status.certificates.find(({ id }) => id === 'kubelet-client');
    assert.ok(row?.decision.verdict.kind === 'escalate' && row.decision.verdict.code === 'KUBELET_NOT_ROTATING');
    const { remedy } = row.decision.verdict;
    const commands = /^Run: (.*)\. With renew\.kubelet = true certagent does this by itself\.$/.exec(remedy)?.[1];
    assert.ok(commands !== undefined, remedy);
    await toldAtLast(inbox, 'raised CERTIFICATE_EXPIRED');
    assert.ok(inbox.webhooks.some((body) => body.includes('kubeadm kubeconfig user --org system:nodes')));
    // As they are, in a shell; the node's root is a directory here.
    const shell = commands.replaceAll('/etc/kubernetes', join(node.root, 'etc/kubernetes'));
    const env = { ...process.env, PATH: `${join(node.root, 'usr/bin')}:${process.env.PATH}` };
    await promisify(execFile)('sh', ['-c', shell], { env });
    assert.equal((await unitState(root, 'kubelet')).active, true);
    assert.ok((await readFile(root.at(CONF), 'utf8')).includes(`server: https://127.0.0.1:${node.ports.apiserver}\n`));
    assert.equal(
      (await agent.check()).certificates.find(({ id }) => id === 'kubelet-client')?.decision.verdict.kind,
      'keep',
    );
  });

  test('with renew.kubelet = true it comes back, and then what is due is renewed', async (t) => {
    const { root, inbox, agent } = await scene(t, 'kubelet = true', { leafEnds: Date.now() + 10 * DAY });
    const first = await agent.check();
    assert.deepEqual([first.lastAttempt?.result, first.lastAttempt?.error], ['succeeded', null]);
    assert.equal((await unitState(root, 'kubelet')).active, true);
    await agent.check();
    const status = await agent.check();
    assert.deepEqual([status.lastAttempt?.result, status.renewal.kind], ['succeeded', 'none']);
    for (const { id, decision } of status.certificates.filter(
      ({ id }) => id === 'apiserver' || id === 'kubelet-client',
    ))
      assert.ok(decision.notAfter > Date.now() + 300 * DAY, id);
    await toldAtLast(inbox, 'event RENEWED');
    assert.doesNotMatch(
      `${await written(root)}${inbox.webhooks.join()}`,
      /PRIVATE KEY|client-key-data|[A-Za-z0-9+/]{200}/,
    );
  });

  test('with renew.kubelet = true, and kubeadm fails: reported, tried again later, nothing changed', async (t) => {
    const { node, root, inbox, agent } = await scene(t, 'kubelet = true');
    await node.faults({ kubeadm: 'garbage' });
    const before = await fingerprints(node);
    const status = await agent.check();
    assert.deepEqual(
      [status.lastAttempt?.result, status.lastAttempt?.error?.code, status.renewal.kind],
      ['rolled-back', 'KUBELET_CONF_REFUSED', 'waiting'],
    );
    assert.deepEqual(await fingerprints(node), before);
    await toldAtLast(inbox, 'raised RENEWAL_ROLLED_BACK');
    assert.doesNotMatch(
      `${await written(root)}${inbox.webhooks.join()}`,
      /PRIVATE KEY|client-key-data|[A-Za-z0-9+/]{200}/,
    );
  });

  test('with renew.kubelet = true, and a kubeconfig to bootstrap with: left to the kubelet', async (t) => {
    const { node, root, agent } = await scene(t, 'kubelet = true');
    await cp(root.at(CONF), root.at('/etc/kubernetes/bootstrap-kubelet.conf'));
    await appendFile(root.at('/etc/kubernetes/bootstrap-kubelet.conf'), '\n');
    const before = await fingerprints(node);
    const status = await agent.check();
    assert.deepEqual([status.renewal.kind, status.lastAttempt], ['none', null]);
    assert.deepEqual(await fingerprints(node), before);
  });

  test('on a worker: the commands are for a control-plane node', async (t) => {
    const { agent } = await scene(t, 'kubelet = true', { kind: 'kubeadm-worker' });
    const status = await agent.check();
    const verdict = status.certificates.find(({ id }) => id === 'kubelet-client')?.decision.verdict;
    assert.match(
      verdict?.kind === 'escalate' ? verdict.remedy : '',
      /^On a control-plane node, run: \(umask 077; kubeadm /,
    );
    assert.equal(status.renewal.kind, 'none');
  });
});
