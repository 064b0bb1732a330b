import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY } from '../../../src/domain/time/duration.ts';
import { execute } from '../../../src/renew/engine/execute.ts';
import { served } from '../../testnode/support.ts';
import { assertJournalled, endsOf, snapshot, stage } from '../support.ts';

const PKI = '/var/lib/k0s/pki';

describe('execute on a k0s controller', { concurrency: 2 }, () => {
  it('restarts the unit, which renews every leaf, and sees the servers serve them', async (t) => {
    const { node, plan, context, root, journal } = await stage(t, { kind: 'k0s-controller', speed: 0.05 });
    const outcome = await execute(plan, 'schedule', context);
    assert.equal(outcome.error, null);
    assert.equal(outcome.result, 'succeeded');
    const ends = await endsOf(root, plan);
    assert.ok('server' in ends && 'admin.conf' in ends && 'etcd/peer' in ends);
    for (const [id, end] of Object.entries(ends)) assert.ok(end > Date.now() + 300 * DAY, id);
    assert.ok((await served(node.ports.join!)).validToDate.getTime() > Date.now() + 300 * DAY);
    assertJournalled(await journal.records());
  });

  it('does the same when everything has expired', async (t) => {
    const { plan, context } = await stage(t, { kind: 'k0s-controller', speed: 0.05, leafEnds: Date.now() - DAY });
    assert.equal((await execute(plan, 'schedule', context)).result, 'succeeded');
  });

  it('reports a CA that the start replaced, although systemd took the unit for started before that', async (t) => {
    const { plan, context, root, faults } = await stage(t, { kind: 'k0s-controller', speed: 0.05 });
    const before = await snapshot(root, [PKI]);
    await faults({ k3s: 'new-ca-on-restart' });
    const outcome = await execute(plan, 'schedule', context);
    assert.match(outcome.error?.message ?? '', /a new CA that the previous one has not signed: .*\/pki\/ca\.crt/);
    assert.deepEqual([outcome.error?.code, outcome.result, outcome.keptNew], ['CA_CHANGED', 'failed', true]);
    assert.notEqual((await snapshot(root, [PKI])).get(`${PKI}/ca.crt`), before.get(`${PKI}/ca.crt`));
  });

  it('reports a restart that renewed nothing as a failure', async (t) => {
    const { plan, context, faults } = await stage(t, { kind: 'k0s-controller' });
    await faults({ k3s: 'does-not-renew' });
    const outcome = await execute(plan, 'schedule', context);
    assert.deepEqual([outcome.error?.code, outcome.result, outcome.keptNew], ['NOT_RENEWED', 'failed', true]);
  });

  it('puts the previous files back when it never becomes ready, and the unit’s own writing does not hinder that', async (t) => {
    const { plan, context, faults } = await stage(t, { kind: 'k0s-controller', limits: { restart: 15_000 } });
    await faults({ k3s: 'never-ready' });
    const outcome = await execute(plan, 'schedule', context);
    assert.equal(outcome.error?.code, 'UNIT_NOT_READY');
  });
});
