// Three control planes, each a Debian under systemd with its own certagent, and one etcd of three members over TLS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalRecord } from '../../src/domain/model/journal.ts';
import { eventually } from '../testnode/support.ts';
import { reasonToSkip } from './base.ts';
import { LEASES, type Server, setMode, threeServers, watchApi } from './servers.ts';
import { journal, status } from './support.ts';

const LONG = process.env.CERTAGENT_LONG === '1';
const skip = LONG ? await reasonToSkip() : 'three machines take minutes: npm run test:long';

test('three control planes', { skip, timeout: 2_400_000 }, async (t) => {
  const cluster = await threeServers(t, 60);
  const { servers, bridge, objects } = cluster;
  const [first, second, third] = servers;
  const holder = () => objects.get(`${LEASES}/certagent-renewal`)?.spec as { holderIdentity?: string } | undefined;

  await t.test('enabled at once while one is cut off: nobody restarts anything', async () => {
    await bridge.cut(third.machine, true);
    await Promise.all([first, second].map((server) => setMode(server, 'renew')));
    try {
      for (const server of [first, second])
        await eventually(async () => {
          const { renewal } = await status(server);
          return renewal.kind === 'waiting' && /^waiting for cp-3, since/.test(renewal.why);
        }, 120_000);
    } finally {
      await bridge.cut(third.machine, false);
    }
    assert.deepEqual([...plansOf(first), ...plansOf(second)], []);
  });

  await t.test('the network is back: all are renewed, one at a time, and the API is never away', async (t) => {
    const stop = watchApi(cluster);
    const began = Date.now();
    await setMode(third, 'renew');
    for (const server of servers)
      await eventually(async () => (await status(server)).lastAttempt?.result === 'succeeded', 400_000);
    const { nobody, each, several } = stop();
    t.diagnostic(`all three renewed after ${seconds(Date.now() - began)}; order: ${orderOf(servers)}`);
    t.diagnostic(
      `away: ${servers.map(({ name }, at) => `${name} ${seconds(each[at]!)}`).join(', ')}; all at once ${seconds(nobody)}`,
    );
    assertDisjoint(servers);
    assert.equal(nobody, 0);
    assert.equal(several, 0);
  });

  await t.test('killed while it holds the Lease: another one succeeds it when it has expired', async (t) => {
    const before = plansOf(second).length;
    const renewing = first.machine.run('certagent', 'renew', '--yes', '--force');
    await eventually(() => holder()?.holderIdentity === 'cp-1', 120_000);
    await first.machine.must('systemctl', 'mask', '--runtime', 'certagent');
    await first.machine.must('systemctl', 'kill', '--signal=KILL', 'certagent');
    const killed = Date.now();
    await renewing;
    await second.machine.must('certagent', 'renew', '--yes', '--force');
    t.diagnostic(`cp-2 was renewed ${seconds(Date.now() - killed)} after cp-1 was killed`);
    assert.equal(plansOf(second).length, before + 1);
    assert.ok(Date.now() - killed >= 30_000, 'it waited for the Lease to expire');
    await first.machine.must('systemctl', 'unmask', '--runtime', 'certagent');
    await first.machine.must('systemctl', 'start', 'certagent');
    await eventually(async () => plansOf(first).every(({ to }) => to !== null), 120_000);
    await eventually(() => holder()?.holderIdentity === '', 120_000);
  });

  await t.test('asked by force in every order at once: one at a time', async (t) => {
    for (const order of [
      [third, second, first],
      [second, first, third],
    ]) {
      await Promise.all(order.map(({ machine }) => machine.must('certagent', 'renew', '--yes', '--force')));
      t.diagnostic(`order: ${orderOf(servers)}`);
      assertDisjoint(servers);
    }
  });
});

type Span = { name: string; from: number; to: number | null };

/** From the first step that restarts something to the end of its plan. */
function plansOf(server: Server): Span[] {
  const spans: Span[] = [];
  let kinds: string[] = [];
  let open: Span | null = null;
  for (const record of journal(server) as JournalRecord[]) {
    if (record.type === 'plan-started') [kinds, open] = [record.plan.steps.map(({ kind }) => kind), null];
    if (record.type === 'step-started' && kinds[record.step] === 'cycle' && open === null) {
      open = { name: server.name, from: record.at, to: null };
      spans.push(open);
    }
    if (record.type === 'plan-ended' && open !== null) open.to = record.at;
  }
  return spans;
}

const spansOf = (servers: Server[]): Span[] => servers.flatMap(plansOf).sort((a, b) => a.from - b.from);
const orderOf = (servers: Server[]): string =>
  spansOf(servers)
    .slice(-3)
    .map(({ name }) => name)
    .join(', ');
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

function assertDisjoint(servers: Server[]): void {
  const spans = spansOf(servers);
  for (const [index, span] of spans.slice(1).entries())
    assert.ok(
      (spans[index]!.to ?? Number.POSITIVE_INFINITY) <= span.from || spans[index]!.name === span.name,
      JSON.stringify(spans),
    );
}
