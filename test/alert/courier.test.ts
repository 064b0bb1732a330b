import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { SinkError } from '../../src/alert/sink.ts';
import type { Dispatch } from '../../src/domain/alerts/alert.ts';
import { DAY, MINUTE } from '../../src/domain/time/duration.ts';
import { fakeSink, open, spooled } from './fake-sinks.ts';
import { AT, alert, dispatch, makeRoot } from './support.ts';

const numbered = (number: number): Dispatch => dispatch({ id: `id-${number}` });

/** Waits until `holds`, a few milliseconds at a time; the test runner's own limit stops it. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 2));
}

const down = async (): Promise<string> => {
  throw new SinkError('any', 'is down');
};

test('a sink that is down neither delays the others nor loses anything nor changes the order', async (t) => {
  const root = await makeRoot(t);
  const healthy = fakeSink('healthy');
  const broken = fakeSink('broken', down);
  const { service } = await open(root, { sinks: [broken.sink, healthy.sink] });
  for (const number of [1, 2, 3]) await service.enqueue(numbered(number));
  await service.flush();
  assert.deepEqual(healthy.taken, ['id-1', 'id-2', 'id-3']);
  assert.deepEqual(service.failing(), ['broken']);
  assert.equal(await spooled(root, 'broken'), 3);
  broken.state.send = async () => 'back';
  await until(() => broken.taken.length === 3);
  assert.deepEqual(broken.taken, ['id-1', 'id-2', 'id-3']);
  await service.flush();
  assert.deepEqual([service.failing(), await spooled(root, 'broken')], [[], 0]);
});

test('a restart sends what waits, and does not repeat what was accepted', async (t) => {
  const root = await makeRoot(t);
  let left = 1;
  const first = fakeSink('a', async () => (left-- > 0 ? 'taken' : down()));
  const { service } = await open(root, { sinks: [first.sink] });
  for (const number of [1, 2, 3]) await service.enqueue(numbered(number));
  await service.flush();
  await service.stop();
  const second = fakeSink('a');
  await open(root, { sinks: [second.sink] });
  await until(() => second.taken.length === 2);
  assert.deepEqual([first.taken, second.taken], [['id-1'], ['id-2', 'id-3']]);
});

test('a sink that failed before a reload recovers when it accepts what waits, not by the reload', async (t) => {
  const root = await makeRoot(t);
  const { service } = await open(root, { sinks: [fakeSink('a', down).sink, fakeSink('b').sink] });
  await service.enqueue(numbered(1));
  await service.flush();
  const failing = alert({ code: 'SINK_FAILING', severity: 'warning', facts: { a: 'does not accept alerts' } });
  await service.report({ node: numbered(1).node, alerts: [failing], events: [] });
  await service.stop(0);
  const slow = Promise.withResolvers<string>();
  const { service: reloaded } = await open(root, {
    sinks: [fakeSink('a', () => slow.promise).sink, fakeSink('b').sink],
  });
  assert.deepEqual(reloaded.failing(), ['a']);
  slow.resolve('taken');
  await reloaded.flush();
  assert.deepEqual(reloaded.failing(), []);
});

test('a sink that hangs: the alert is in the spool before it is sent, stop waits for a limited time, nothing is lost', async (t) => {
  const root = await makeRoot(t);
  const hanging = fakeSink('a', async (_given, signal) => {
    await once(signal!, 'abort');
    throw new SinkError('a', 'left');
  });
  const healthy = fakeSink('b');
  const { service } = await open(root, { sinks: [hanging.sink, healthy.sink] });
  await service.enqueue(numbered(1));
  assert.equal(await spooled(root, 'a'), 1);
  await until(() => healthy.taken.length === 1);
  await service.stop(10);
  assert.equal(await spooled(root, 'a'), 1);
});

test('a sink is reported when three tries have failed, or 15 minutes have passed; it fails from the first', async (t) => {
  for (const [tries, later, isReported] of [
    [1, 0, false],
    [2, 14 * MINUTE, false],
    [2, 15 * MINUTE, true],
    [3, 0, true],
  ] as const) {
    let now = AT;
    const slow = { first: 60_000, most: 60_000, keep: DAY };
    const { service } = await open(await makeRoot(t), {
      sinks: [fakeSink('a', down).sink],
      monotonic: () => now,
      pace: slow,
    });
    await service.enqueue(numbered(1));
    await until(() => service.failing().length === 1);
    for (let more = 1; more < tries; more++) await service.flush();
    now += later;
    assert.deepEqual(
      [service.failing(), service.unreachable()],
      [['a'], isReported ? ['a'] : []],
      `${tries} tries, ${later} ms`,
    );
  }
});

test('Retry-After delays the next try, but not a flush', async (t) => {
  const root = await makeRoot(t);
  let tries = 0;
  const busy = fakeSink('a', async () => {
    tries += 1;
    throw new SinkError('a', 'busy', { retryAfter: 60_000 });
  });
  const { service } = await open(root, { sinks: [busy.sink] });
  await service.enqueue(numbered(1));
  await until(() => tries === 1);
  await service.enqueue(numbered(2));
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(tries, 1, 'neither the back-off nor a new alert came before');
  await service.flush();
  assert.equal(tries, 2);
});

test('a message that the sink always refuses is dropped after some tries, and the next one is sent', async (t) => {
  const root = await makeRoot(t);
  const picky = fakeSink('a', async ({ id }) => {
    if (id === 'id-1') throw new SinkError('a', 'bad request', { refusesMessage: true });
    return 'taken';
  });
  const { service, lines } = await open(root, { sinks: [picky.sink] });
  await service.enqueue(numbered(1));
  await service.enqueue(numbered(2));
  await until(() => picky.taken.length === 1);
  assert.deepEqual(picky.taken, ['id-2']);
  assert.match(lines.join('\n'), /gave up/);
});

/** Moments between which a clock is set while an alert waits. */
const SET: Record<string, [raised: number, later: number]> = {
  'a board without a clock boots in 1970': [DAY, AT],
  'it runs eight days ahead for a moment': [AT, AT + 8 * DAY],
  'it is set back by a year': [AT, AT - 365 * DAY],
};
for (const [how, [raised, later]] of Object.entries(SET)) {
  test(`an alert that waits is still sent when ${how}`, async (t) => {
    const root = await makeRoot(t);
    const mailbox = fakeSink('a', async () => (now === raised ? down() : 'taken'));
    let now = raised;
    const { service } = await open(root, { sinks: [mailbox.sink], now: () => now });
    await service.enqueue({ ...numbered(1), at: raised });
    await service.flush();
    now = later;
    await service.flush();
    assert.deepEqual(mailbox.taken, ['id-1']);

    await service.enqueue({ ...numbered(2), at: later });
    await service.stop();
    const { service: next } = await open(root, { sinks: [mailbox.sink], now: () => raised });
    await next.flush();
    assert.deepEqual(mailbox.taken, ['id-1', 'id-2'], 'and by the next process');
  });
}

test('an alert that no sink accepts is dropped after a limit, which counts across restarts', async (t) => {
  const root = await makeRoot(t);
  const broken = fakeSink('a', down);
  const pace = { first: 5, most: 20, keep: 400 };
  const { service } = await open(root, { sinks: [broken.sink], pace });
  await service.enqueue(numbered(1));
  await new Promise((resolve) => setTimeout(resolve, 250));
  await service.stop();
  assert.equal(await spooled(root, 'a'), 1);
  const { lines } = await open(root, { sinks: [broken.sink], pace });
  await until(async () => (await spooled(root, 'a')) === 0);
  assert.match(lines.join('\n'), /gave up/);
});

test('alerts for a sink that was removed from the configuration are kept for a while, whatever the clock shows', async (t) => {
  const root = await makeRoot(t);
  const { service } = await open(root, { sinks: [fakeSink('gone', down).sink] });
  await service.enqueue(numbered(1));
  await service.stop(0);
  await open(root, { sinks: [], now: () => AT + 8 * DAY });
  assert.equal(await spooled(root, 'gone'), 1);
  await open(root, { sinks: [], pace: { first: 5, most: 20, keep: 50 } });
  await until(async () => (await spooled(root, 'gone')) === 0);
});
