// Three control-plane nodes of one cluster, each with its own certagent.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Agent } from '../../src/daemon/agent.ts';
import type { Progress } from '../../src/domain/model/journal.ts';
import { eventually } from '../testnode/support.ts';
import { cluster, LEASES } from './several-agents.ts';

/** `npm run test:long` plays three. */
const COUNT = process.env.CERTAGENT_LONG === '1' ? 3 : 2;

test(`${COUNT} that are asked in the same minute renew one at a time`, async (t) => {
  const { agents, objects } = await cluster(t, COUNT, 20);
  // One that was just created is acquired a minute later.
  const spec = { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 1 };
  objects.put(LEASES, { metadata: { name: 'certagent-renewal', namespace: 'kube-system' }, spec });
  const spans: { who: number; from: number; to: number }[] = [];
  const said: string[] = [];
  const outcomes = await Promise.all(
    agents.map(async (agent, who) => {
      const span = { who, from: 0, to: 0 };
      const outcome = await agent.renew({ force: false }, (progress: Progress) => {
        if (progress.state === 'waiting' && progress.planId === '') said.push(progress.detail);
        else if (progress.planId !== '') span.from ||= performance.now();
        span.to = performance.now();
      });
      spans.push(span);
      return outcome?.result;
    }),
  );
  assert.deepEqual(outcomes, Array(COUNT).fill('succeeded'));
  spans.sort((a, b) => a.from - b.from);
  for (const [at, span] of spans.entries())
    if (at > 0) assert.ok(spans[at - 1]!.to <= span.from, JSON.stringify(spans));
  assert.ok(
    said.some((detail) => /^waiting for cp-\d, since \d\d:\d\d$/.test(detail)),
    JSON.stringify(said),
  );
  const lease = objects.get(`${LEASES}/certagent-renewal`)?.spec;
  assert.partialDeepStrictEqual(lease, { holderIdentity: '', leaseTransitions: COUNT + 1 });
});

test('while one holds the Lease another waits, and status, checks and copies go on', async (t) => {
  const { agents, objects } = await cluster(t, 2, 20);
  const held = { holderIdentity: 'cp-2', leaseDurationSeconds: 60, leaseTransitions: 4 };
  objects.put(LEASES, { metadata: { name: 'certagent-renewal', namespace: 'kube-system' }, spec: held });
  const [agent] = agents as [Agent];
  const status = await agent.check();
  assert.ok(status.renewal.kind === 'waiting', JSON.stringify(status.renewal));
  assert.equal(status.renewal.code, 'TURN_OF_ANOTHER');
  await eventually(async () => {
    const { renewal } = await agent.status();
    return renewal.kind === 'waiting' && /^waiting for cp-2, since \d\d:\d\d$/.test(renewal.why);
  });
  const plan = await agent.plan();
  assert.equal(plan.plan === null || plan.renewal.kind === 'now', true);
  const again = await agent.check();
  assert.equal(again.renewal.kind, 'waiting');
  await agent.sync({ dryRun: true });
  await agent.reload();
  objects.put(LEASES, {
    metadata: { name: 'certagent-renewal', namespace: 'kube-system' },
    spec: { ...held, holderIdentity: '' },
  });
  await eventually(async () => (await agent.status()).lastAttempt?.result === 'succeeded', 180_000);
});

test('stopped while it waits, it ends at once, and the Lease is as it was', async (t) => {
  const { agents, objects } = await cluster(t, 2, 20);
  const spec = { holderIdentity: 'cp-2', leaseDurationSeconds: 60, leaseTransitions: 4 };
  objects.put(LEASES, { metadata: { name: 'certagent-renewal', namespace: 'kube-system' }, spec });
  const [agent] = agents as [Agent];
  const seen: string[] = [];
  const renewal = agent
    .renew({ force: false }, ({ detail }) => seen.push(detail))
    .then(
      () => 'renewed',
      (error) => error.code,
    );
  await eventually(() => seen.some((detail) => detail.startsWith('waiting for cp-2')));
  await agent.close();
  assert.equal(await renewal, 'INTERRUPTED');
  assert.deepEqual(objects.get(`${LEASES}/certagent-renewal`)?.spec, spec);
});

test('coordinate = "none": nobody is asked', async (t) => {
  const { agents, seen } = await cluster(t, 2, 20, '[cluster]\ncoordinate = "none"\n');
  const outcome = await agents[0]!.renew({ force: false }, () => {});
  assert.equal(outcome?.result, 'succeeded');
  assert.deepEqual(
    seen.filter((line) => line.includes('leases')),
    [],
  );
});

test('403 on the Lease: an alert says so, and the node waits for its slot of the day', async (t) => {
  const { agents, faults } = await cluster(t, 2, 20);
  faults({ forbidden: ['get leases', 'create leases', 'update leases'] });
  const [agent] = agents as [Agent];
  const before = Date.now();
  await agent.check();
  const seen = await eventually(async () => {
    const { renewal, lastAttempt, alerts } = await agent.check();
    if (lastAttempt !== null) return { renewed: true };
    const isWaiting = renewal.kind === 'waiting' && renewal.code === 'TURN_OF_ANOTHER' && renewal.until !== null;
    const isTold = alerts.some(({ alert }) => alert.code === 'COORDINATION_DEGRADED');
    return isWaiting && isTold && { until: renewal.until };
  }, 120_000);
  // Two nodes, slots of 10 minutes: at the latest the slot after the next is its own.
  if ('until' in seen) assert.ok(seen.until! <= before + 30 * 60_000, JSON.stringify(seen));
});
