import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalRecord } from '../../../src/domain/model/journal.ts';
import type { RenewalPlan, Step } from '../../../src/domain/model/plan.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { execute } from '../../../src/renew/engine/execute.ts';
import { recover } from '../../../src/renew/engine/recover.ts';
import { openJournal } from '../../../src/renew/journal/journal-file.ts';
import { issueAuthority } from '../../../testnode/pki.ts';
import { run } from '../../testnode/support.ts';
import { endsOf, KUBEADM_FILES, pids, type Stage, snapshot, stage } from '../support.ts';

/** One that is served, and the two that are file mounts. */
const names = ['apiserver', 'controller-manager.conf', 'etcd-peer', 'scheduler.conf'];

const EXECUTE = `
  import { execute } from ${JSON.stringify(new URL('../../../src/renew/engine/execute.ts', import.meta.url))};
  import { recover } from ${JSON.stringify(new URL('../../../src/renew/engine/recover.ts', import.meta.url))};
  import { openJournal } from ${JSON.stringify(new URL('../../../src/renew/journal/journal-file.ts', import.meta.url))};
  import { Root } from ${JSON.stringify(new URL('../../../src/host/root.ts', import.meta.url))};
  import { readFileSync } from 'node:fs';
  const [root, planFile, step, state] = process.argv.slice(2);
  const plan = planFile === '' ? null : JSON.parse(readFileSync(planFile, 'utf8'));
  const progress = (each) => {
    if (String(each.step) === step && each.state === state) process.kill(process.pid, 'SIGKILL');
  };
  const context = { root: new Root(root), journal: await openJournal(new Root(root)), now: Date.now, progress, backups: 5, pollInterval: 100 };
  await (plan === null ? recover(context) : execute(plan, 'manual', context));
`;

/** Runs the plan (null: the recovery) in an agent of its own that is killed with -9 when the step is in that state. */
async function killedAt(on: Stage, plan: RenewalPlan | null, step: number, state: string): Promise<void> {
  const directory = join(on.node.root, '..');
  await writeFile(join(directory, 'agent.ts'), EXECUTE);
  await writeFile(join(directory, 'plan.json'), JSON.stringify(plan));
  const words = [join(directory, 'agent.ts'), on.node.root, plan === null ? '' : join(directory, 'plan.json')];
  const agent = spawn(process.execPath, ['--no-warnings', ...words, String(step), state], { stdio: 'inherit' });
  const [, signal] = await once(agent, 'exit');
  assert.equal(signal, 'SIGKILL', `the agent was not killed in step ${step} ${state}`);
}

const indexOf = (plan: RenewalPlan, wanted: (step: Step) => boolean): number => plan.steps.findIndex(wanted);

describe('recover', { concurrency: 2 }, () => {
  it('has nothing to do when the last plan has ended', async (t) => {
    const on = await stage(t, { names });
    assert.equal(await recover(on.context), null);
    assert.equal((await execute(on.plan, 'manual', on.context)).result, 'succeeded');
    assert.equal(await recover(on.context), null);
  });

  it('ends a plan that had changed nothing', async (t) => {
    const on = await stage(t, { names });
    const before = await snapshot(on.root, KUBEADM_FILES);
    await killedAt(on, on.plan, 0, 'done');
    const outcome = await recover(on.context);
    assert.equal(outcome?.result, 'failed');
    assert.equal(outcome?.error?.code, 'INTERRUPTED');
    assert.deepEqual(await snapshot(on.root, KUBEADM_FILES), before);
    assert.equal(await recover(on.context), null);
  });

  it('undoes a plan that was killed among the renewals, even when it is killed once more', async (t) => {
    const on = await stage(t, { names });
    const before = await snapshot(on.root, KUBEADM_FILES);
    const third = indexOf(on.plan, (step) => step.kind === 'kubeadm-renew' && step.name === 'etcd-peer');
    await killedAt(on, on.plan, third, 'done');
    assert.notDeepEqual(await snapshot(on.root, KUBEADM_FILES), before);
    // As a kill in the middle of an atomic write leaves it.
    await writeFile(on.root.at('/etc/kubernetes/.certagent-0123456789ab.tmp'), 'half', { mode: 0o600 });
    const second = third - 1;
    await killedAt(on, null, second, 'undone');
    const outcome = await recover(on.context);
    assert.equal(outcome?.result, 'rolled-back');
    assert.equal(outcome?.error?.code, 'INTERRUPTED');
    assert.deepEqual(await snapshot(on.root, KUBEADM_FILES), before);
    assert.equal(await recover(on.context), null);
  });

  it('finishes a plan whose files are all renewed', async (t) => {
    const on = await stage(t, { names });
    const processes = await pids(on.plan);
    const apiserver = indexOf(on.plan, (step) => step.kind === 'cycle' && step.component === 'kube-apiserver');
    await killedAt(on, on.plan, apiserver, 'waiting');
    const outcome = await recover(on.context);
    assert.equal(outcome?.result, 'succeeded');
    assert.deepEqual(outcome?.granted.map(({ id }) => id).sort(), names);
    for (const name of ['kube-apiserver', 'kube-scheduler'])
      assert.notDeepEqual((await pids(on.plan))[name], processes[name]);
  });

  it('puts a manifest back that was out when the agent was killed', async (t) => {
    const on = await stage(t, { names, cycle: 'move' });
    const manifests = await snapshot(on.root, ['/etc/kubernetes/manifests']);
    const scheduler = indexOf(on.plan, (step) => step.kind === 'cycle' && step.component === 'kube-scheduler');
    await killedAt(on, on.plan, scheduler, 'waiting');
    assert.equal((await recover(on.context))?.result, 'succeeded');
    assert.deepEqual(await snapshot(on.root, ['/etc/kubernetes/manifests']), manifests);
    assert.equal((await pids(on.plan))['kube-scheduler']?.length, 1);
  });

  it('goes on with the renewals when the old certificates had expired', async (t) => {
    const on = await stage(t, { names, leafEnds: Date.now() - DAY });
    await killedAt(on, on.plan, 2, 'done');
    const outcome = await recover(on.context);
    assert.equal(outcome?.error, null);
    assert.equal(outcome?.result, 'succeeded');
    const ends = await endsOf(on.root, on.plan);
    for (const name of names) assert.ok((ends[name] ?? 0) > Date.now() + 300 * DAY, name);
  });

  it('finishes a K3s restart', async (t) => {
    const on = await stage(t, { kind: 'k3s-server' });
    await killedAt(
      on,
      on.plan,
      indexOf(on.plan, ({ kind }) => kind === 'restart-unit'),
      'started',
    );
    const outcome = await recover(on.context);
    assert.equal(outcome?.error, null);
    assert.equal(outcome?.result, 'succeeded');
  });

  it('undoes a K3s restart that made a new CA', async (t) => {
    const on = await stage(t, { kind: 'k3s-server' });
    const ca = '/var/lib/rancher/k3s/server/tls/client-ca.crt';
    const before = (await snapshot(on.root, ['/var/lib/rancher/k3s/server/tls'])).get(ca);
    await on.faults({ k3s: 'new-ca-on-restart' });
    await killedAt(
      on,
      on.plan,
      indexOf(on.plan, ({ kind }) => kind === 'restart-unit'),
      'failed',
    );
    await on.faults({ k3s: 'none' });
    const outcome = await recover(on.context);
    assert.equal(outcome?.result, 'rolled-back');
    assert.equal((await snapshot(on.root, ['/var/lib/rancher/k3s/server/tls'])).get(ca), before);
  });
});

describe('what somebody has changed since is not undone', { concurrency: 2 }, () => {
  it('a CA of K3s that was rotated', async (t) => {
    const on = await stage(t, { kind: 'k3s-server' });
    await stopAfter(
      on,
      indexOf(on.plan, ({ kind }) => kind === 'restart-unit'),
    );
    const ca = '/var/lib/rancher/k3s/server/tls/client-ca';
    const rotated = await issueAuthority({
      commonName: 'rotated',
      notBefore: Date.now() - DAY,
      notAfter: Date.now() + DAY,
    });
    await overtime();
    await writeFile(on.root.at(`${ca}.crt`), rotated.certificatePem);
    await writeFile(on.root.at(`${ca}.key`), rotated.keyPem);
    const outcome = await recover(on.context);
    assert.equal(outcome?.result, 'failed');
    assert.equal(outcome?.error?.code, 'CHANGED_SINCE');
    assert.match(outcome?.error?.message ?? '', /client-ca\.crt, .*client-ca\.key since: nothing was put back/);
    assert.equal(await readFile(on.root.at(`${ca}.crt`), 'utf8'), rotated.certificatePem);
    assert.equal(await recover(on.context), null);
  });

  it('a certificate of kubeadm’s that was renewed by hand, and with it the others of this plan', async (t) => {
    const on = await stage(t, { names });
    await stopAfter(on, 2);
    await overtime();
    await run(on.node, 'usr/bin/kubeadm', 'certs', 'renew', 'apiserver');
    const before = await snapshot(on.root, KUBEADM_FILES);
    const outcome = await recover(on.context);
    assert.equal(outcome?.error?.code, 'CHANGED_SINCE');
    assert.deepEqual(await snapshot(on.root, KUBEADM_FILES), before);
  });

  it('but without a backup that can be read what can be undone is, and the plan has an end', async (t) => {
    const on = await stage(t, { kind: 'k3s-server' });
    await stopAfter(
      on,
      indexOf(on.plan, ({ kind }) => kind === 'restart-unit'),
    );
    await rm(on.root.at('/var/lib/certagent/backups'), { recursive: true });
    const outcome = await recover(on.context);
    assert.equal(outcome?.result, 'failed');
    assert.equal(await recover(on.context), null);
  });
});

describe('a stop between two steps', () => {
  it('leaves the plan unfinished in the journal, for the next start', async (t) => {
    const on = await stage(t, { names });
    const before = await snapshot(on.root, KUBEADM_FILES);
    await stopAfter(on, 2);
    const records = await on.journal.records();
    assert.deepEqual(lastOf(records), { type: 'step-done', step: 2 });
    const later = await openJournal(on.root);
    assert.equal((await recover({ ...on.context, journal: later }))?.result, 'rolled-back');
    await later.close();
    assert.deepEqual(await snapshot(on.root, KUBEADM_FILES), before);
  });
});

/** Runs the plan, and stops as SIGTERM does: when this step is done. */
async function stopAfter(on: Stage, step: number): Promise<void> {
  const stop = new AbortController();
  const progress = (each: { step: number; state: string }) => {
    if (each.step === step && each.state === 'started') stop.abort();
  };
  const stopped = { ...on.context, signal: stop.signal, progress };
  await assert.rejects(execute(on.plan, 'manual', stopped), { code: 'INTERRUPTED' });
}

/** What changes within 5 s after a step is taken for the step's. */
const overtime = (): Promise<void> => sleep(5_500);

function lastOf(records: JournalRecord[]): { type: string; step: number } {
  const last = records.at(-1);
  assert.ok(last !== undefined && 'step' in last);
  return { type: last.type, step: last.step };
}
