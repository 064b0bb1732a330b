import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { outdated } from '../../src/domain/decide/outdated.ts';
import { observe } from '../../src/observe/observe.ts';
import { execute } from '../../src/renew/engine/execute.ts';
import { type Stage, stage } from './support.ts';

const names = ['admin.conf'];

async function waiting({ root }: Stage): Promise<string[]> {
  const config = { node: {}, copies: { mode: 'off', paths: [], users: [] }, watch: { paths: [] } };
  const inventory = await observe({ root, config: config as never, now: Date.now() });
  return outdated(inventory).map(({ name, file }) => `${name} ${file.id}`);
}

describe('another static pod that mounts a renewed file', { concurrency: 2 }, () => {
  it('is named in the plan, and has not loaded the file until it restarts', async (t) => {
    const on = await stage(t, { names, extras: ['kube-vip'] });
    assert.deepEqual(await waiting(on), []);
    assert.deepEqual(on.plan.neighbours, [
      'kube-vip (/etc/kubernetes/manifests/kube-vip.yaml), which mounts /etc/kubernetes/admin.conf',
    ]);
    assert.equal((await execute(on.plan, 'manual', on.context)).result, 'succeeded');
    assert.deepEqual(await waiting(on), ['kube-vip admin.conf']);
  });

  it('restarts after the renewal where that is configured', async (t) => {
    const on = await stage(t, { names, neighbours: 'restart', extras: ['kube-vip'] });
    assert.equal((await execute(on.plan, 'manual', on.context)).result, 'succeeded');
    assert.deepEqual(await waiting(on), []);
    assert.match(
      readFileSync(on.root.at('/etc/kubernetes/manifests/kube-vip.yaml'), 'utf8'),
      /certagent\.io\/renewed-at/,
    );
  });

  it('that does not come back is reported, and the renewal stays', async (t) => {
    const on = await stage(t, {
      names,
      neighbours: 'restart',
      extras: ['kube-vip'],
      limits: { component: 4_000 },
    });
    await on.faults({ neverComesBack: ['kube-vip'] });
    const outcome = await execute(on.plan, 'manual', on.context);
    assert.equal(outcome.result, 'succeeded');
    assert.deepEqual(
      outcome.reported?.map(({ code }) => code),
      ['COMPONENT_NOT_BACK'],
    );
  });
});
