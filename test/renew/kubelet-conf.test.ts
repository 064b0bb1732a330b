// A control plane whose kubelet's client certificate has expired: a new kubelet.conf, and everything as it was where that fails.
import assert from 'node:assert/strict';
import { chmod, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { run } from '../../src/host/commands.ts';
import { currentEntries, parseKubeconfig } from '../../src/host/kubeconfig.ts';
import { readLeaf } from '../../src/host/leaf.ts';
import type { Root } from '../../src/host/root.ts';
import { unitState } from '../../src/host/systemd.ts';
import { execute } from '../../src/renew/engine/execute.ts';
import { recover } from '../../src/renew/engine/recover.ts';
import { assertJournalled, type Stage, snapshot, stage } from './support.ts';

const CONF = '/etc/kubernetes/kubelet.conf';
const CURRENT = '/var/lib/kubelet/pki/kubelet-client-current.pem';

/** The kubelet has exited, and does not start again; its pods run on. */
async function down(t: TestContext, options: Parameters<typeof stage>[1] = {}): Promise<Stage> {
  const made = await stage(t, {
    leafEnds: Date.now() + 300 * DAY,
    kubeletEnds: Date.now() - DAY,
    limits: { component: 4_000, served: 4_000 },
    ...options,
  });
  assert.equal((await run(made.root, 'systemctl', ['restart', 'kubelet'], { limit: 300_000 })).exitCode, 1);
  assert.equal((await unitState(made.root, 'kubelet')).activeState, 'failed');
  return made;
}

const confOf = (root: Root) => readFile(root.at(CONF), 'utf8');

/** Nothing that certagent wrote or said holds what looks like a key. */
async function assertNoSecrets({ root, told }: Stage, ...more: unknown[]): Promise<void> {
  const journal = await readFile(root.at('/var/lib/certagent/journal.jsonl'), 'utf8');
  assert.doesNotMatch(journal + JSON.stringify([told, more]), /PRIVATE KEY|-data|[A-Za-z0-9+/]{100}/);
}

describe('a new kubelet.conf', { concurrency: 2 }, () => {
  it('brings the kubelet back', async (t) => {
    const made = await down(t);
    const { plan, context, root, node, journal } = made;
    assert.deepEqual(
      plan.steps.map(({ kind }) => kind),
      ['backup', 'kubelet-conf', 'restart-kubelet', 'point-kubelet-conf'],
    );
    assert.deepEqual([plan.certificates, plan.oldExpired], [['kubelet-client'], false]);
    const before = currentEntries(parseKubeconfig(await confOf(root)))!;
    const others = await snapshot(root, ['/etc/kubernetes/pki']);
    const outcome = await execute(plan, 'manual', context);
    assert.deepEqual([outcome.result, outcome.error, outcome.reported], ['succeeded', null, undefined]);
    assert.deepEqual(
      outcome.granted.map(({ id }) => id),
      ['kubelet-client'],
    );
    assert.equal((await unitState(root, 'kubelet')).active, true);
    const { cluster, user } = currentEntries(parseKubeconfig(await confOf(root)))!;
    assert.deepEqual(cluster, before.cluster, 'the same server and CA');
    assert.equal(cluster.server, `https://127.0.0.1:${node.ports.apiserver}`);
    assert.deepEqual([user.certificateFile, user.keyFile, user.certificate], [CURRENT, CURRENT, null]);
    assert.equal((await stat(root.at(CONF))).mode & 0o777, 0o600);
    const { certificate } = await readLeaf(root, CONF);
    assert.equal(certificate.subject, 'O=system:nodes, CN=system:node:demo-node');
    assert.ok(certificate.notAfter > Date.now() + 300 * DAY);
    assert.deepEqual(await snapshot(root, ['/etc/kubernetes/pki']), others);
    assertJournalled(await journal.records());
    await assertNoSecrets(made, outcome);
  });

  it('keeps the certificate in it where the kubelet writes no file', async (t) => {
    const made = await down(t, { limits: { component: 4_000, served: 300 } });
    const { plan, context, root } = made;
    const point = plan.steps.at(-1)!;
    assert.ok(point.kind === 'point-kubelet-conf');
    const elsewhere = { ...point, expect: { ...point.expect, path: '/nowhere.pem', keyPath: '/nowhere.pem' } };
    const outcome = await execute({ ...plan, steps: [...plan.steps.slice(0, -1), elsewhere] }, 'manual', context);
    assert.deepEqual([outcome.result, outcome.reported], ['succeeded', undefined]);
    assert.match(
      (await confOf(root)).replace(/data: \S+/g, 'data: …'),
      /client-certificate-data: …\n +client-key-data: …\n/,
    );
    assert.ok(made.told.some(({ detail }) => /left as it is, .* has not written \/nowhere\.pem/.test(detail)));
    assert.equal((await unitState(root, 'kubelet')).active, true);
    await assertNoSecrets(made, outcome);
  });

  const failures = [
    ['kubeadm fails', { kubeadm: 'exit1' }, 'KUBEADM_FAILED', /exited with 1: unexpected error/],
    ['kubeadm prints something else', { kubeadm: 'garbage' }, 'KUBELET_CONF_REFUSED', /it is not valid YAML/],
    ['kubeadm hangs', { kubeadm: 'hang' }, 'KUBEADM_TIMEOUT', /within 1 s/],
    ['the kubelet does not come back', { kubelet: 'exits' }, 'UNIT_RESTART_FAILED', /Job for kubelet\.service failed/],
    ['the kubelet is never healthy', { kubelet: 'idle' }, 'KUBELET_NOT_BACK', /healthy: HTTP 500/],
  ] as const;
  for (const [what, faults, code, message] of failures)
    it(`leaves kubelet.conf as it was when ${what}`, async (t) => {
      const kubeadm = code === 'KUBEADM_TIMEOUT' ? 1_000 : 300_000;
      const made = await down(t, { limits: { kubeadm, component: 4_000, served: 1_000 } });
      const { plan, context, root } = made;
      const before = await snapshot(root, ['/etc/kubernetes']);
      await made.faults(faults as never);
      const outcome = await execute(plan, 'manual', context);
      assert.deepEqual([outcome.result, outcome.error?.code], ['rolled-back', code]);
      assert.match(outcome.error?.message ?? '', message);
      assert.deepEqual(await snapshot(root, ['/etc/kubernetes']), before);
      await assertNoSecrets(made, outcome);
    });

  it('goes on after a kill, without a second certificate', async (t) => {
    const made = await down(t);
    const { plan, context, root } = made;
    const stopped = new AbortController();
    const progress: typeof context.progress = (each) => {
      if (each.step === 1 && each.state === 'done') stopped.abort();
    };
    await assert.rejects(execute(plan, 'manual', { ...context, progress, signal: stopped.signal }), {
      code: 'INTERRUPTED',
    });
    const { serial } = (await readLeaf(root, CONF)).certificate;
    const outcome = await recover(context);
    assert.equal(outcome?.result, 'succeeded');
    assert.equal((await readLeaf(root, CONF)).certificate.serial, serial);
    assert.equal((await unitState(root, 'kubelet')).active, true);
    assert.match(await readlink(root.at(CURRENT)), /^kubelet-client-\d{4}-/);
  });

  it('quotes no line of kubeadm that may hold a key', async (t) => {
    const made = await down(t);
    const { plan, context, root } = made;
    const secret = `client-key-data: ${'QUJD'.repeat(30)}`;
    const script = `#!/bin/sh\necho '${secret}'\necho '${secret}' >&2\necho 'W1127 11:00:00.1 x] warned' >&2\necho plain words >&2\nexit 3\n`;
    await writeFile(join(root.at('/usr/bin'), 'kubeadm'), script);
    await chmod(join(root.at('/usr/bin'), 'kubeadm'), 0o755);
    const outcome = await execute(plan, 'manual', context);
    assert.equal(outcome.result, 'rolled-back');
    assert.match(outcome.error?.message ?? '', /exited with 3: plain words$/);
    await assertNoSecrets(made, outcome);
  });
});
