import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromMicroTime, toMicroTime } from '../../src/cluster/api/microtime.ts';
import { type ClusterLease, getLease, LEASE, putLease } from '../../src/cluster/lease.ts';
import { adminKubeconfig, apiFor, serverFor } from './support.ts';

const COLLECTION = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const NOW = Date.parse('2026-11-27T02:14:00.250Z');

const taken = (holder: string, over: ClusterLease): ClusterLease => ({
  ...over,
  holder,
  acquiredAt: NOW,
  renewedAt: NOW,
  duration: 60_000,
  transitions: over.transitions + 1,
});

async function read(api: Awaited<ReturnType<typeof apiFor>>): Promise<ClusterLease> {
  const answer = await getLease(api);
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer.value;
}

test('of two that find it free at once, one gets it', async (t) => {
  const server = await serverFor(t);
  const apis = [await apiFor(t, adminKubeconfig(server)), await apiFor(t, adminKubeconfig(server))];
  const seen = await Promise.all(apis.map(read));
  assert.deepEqual(
    seen.map(({ holder, version }) => [holder, version]),
    [
      [null, null],
      [null, null],
    ],
  );
  const answers = await Promise.all(apis.map((api, at) => putLease(api, taken(`cp-${at}`, seen[at]!))));
  assert.deepEqual(answers.map((answer) => (answer.ok ? 'ok' : answer.problem.kind)).sort(), ['conflict', 'ok']);
  const won = answers.findIndex(({ ok }) => ok);
  assert.equal((await read(apis[0]!)).holder, `cp-${won}`);
});

test('of two that find it given back at once, one gets it', async (t) => {
  const server = await serverFor(t);
  const apis = [await apiFor(t, adminKubeconfig(server)), await apiFor(t, adminKubeconfig(server))];
  const first = await putLease(apis[0]!, taken('cp-0', await read(apis[0]!)));
  assert.ok(first.ok);
  const back = await putLease(apis[0]!, { ...first.value, holder: null });
  assert.ok(back.ok);
  assert.equal(back.value.holder, null);
  const seen = await Promise.all(apis.map(read));
  const answers = await Promise.all(apis.map((api, at) => putLease(api, taken(`cp-${at}`, seen[at]!))));
  assert.deepEqual(answers.map((answer) => (answer.ok ? 'ok' : answer.problem.kind)).sort(), ['conflict', 'ok']);
  assert.equal((await read(apis[0]!)).transitions, 2);
});

test('what is written is what kubectl shows', async (t) => {
  const server = await serverFor(t);
  const api = await apiFor(t, adminKubeconfig(server));
  await putLease(api, taken('cp-1', await read(api)));
  const lease = server.objects.get(`${COLLECTION}/${LEASE.name}`)!;
  assert.deepEqual([lease.apiVersion, lease.kind], ['coordination.k8s.io/v1', 'Lease']);
  assert.deepEqual(lease.spec, {
    holderIdentity: 'cp-1',
    leaseDurationSeconds: 60,
    leaseTransitions: 1,
    acquireTime: '2026-11-27T02:14:00.250000Z',
    renewTime: '2026-11-27T02:14:00.250000Z',
  });
  assert.deepEqual((await read(api)).renewedAt, NOW);
});

describe('what another program made of the Lease', () => {
  const metadata = { name: LEASE.name };
  const cases: [string, Record<string, unknown>, Partial<ClusterLease> | 'nonsense'][] = [
    ['nothing in it', {}, { holder: null, duration: 0 }],
    ['null', { spec: null }, { holder: null }],
    ['an empty holder', { spec: { holderIdentity: '' } }, { holder: null }],
    ['no times', { spec: { holderIdentity: 'cp-2' } }, { holder: 'cp-2', renewedAt: null }],
    ['a time that is none', { spec: { holderIdentity: 'cp-2', renewTime: 'yesterday' } }, { renewedAt: null }],
    ['a holder with an escape sequence', { spec: { holderIdentity: '\u001b[2Jcp' } }, 'nonsense'],
    ['a holder of a mebibyte', { spec: { holderIdentity: 'x'.repeat(100_000) } }, 'nonsense'],
    ['a negative duration', { spec: { leaseDurationSeconds: -5 } }, 'nonsense'],
    ['a number for a name', { spec: { holderIdentity: 7 } }, 'nonsense'],
  ];
  for (const [what, body, expected] of cases) {
    test(what, async (t) => {
      const server = await serverFor(t);
      server.objects.put(COLLECTION, { metadata, ...body });
      const answer = await getLease(await apiFor(t, adminKubeconfig(server)));
      if (expected === 'nonsense') assert.equal(answer.ok ? 'ok' : answer.problem.kind, 'nonsense');
      else {
        assert.ok(answer.ok, JSON.stringify(answer));
        assert.partialDeepStrictEqual(answer.value, expected);
      }
    });
  }

  test('an API that answers with another object', async (t) => {
    const server = await serverFor(t);
    server.faults({ mode: 'garbage' });
    const answer = await getLease(await apiFor(t, adminKubeconfig(server)));
    assert.equal(!answer.ok && answer.problem.kind, 'nonsense');
  });
});

test('times of the API', () => {
  assert.equal(fromMicroTime('2026-11-27T02:14:00.250000Z'), NOW);
  assert.equal(fromMicroTime('2026-11-27T02:14:00Z'), NOW - 250);
  assert.equal(fromMicroTime('2026-11-27T03:14:00.25+01:00'), NOW);
  for (const wrong of [null, undefined, '', 'now', '2026-11-27', '2026-13-45T99:99:99Z'])
    assert.equal(fromMicroTime(wrong), null);
  assert.equal(fromMicroTime(toMicroTime(NOW)), NOW);
});
