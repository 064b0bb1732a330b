import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SinkError } from '../../src/alert/sink.ts';
import type { Dispatch } from '../../src/domain/alerts/alert.ts';
import { fakeSink, open, spooled } from './fake-sinks.ts';
import { alert, dispatch, makeRoot } from './support.ts';

const NODE = dispatch().node;

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 30_000, 'did not become so within 5 minutes');
    await sleep(10);
  }
}

/** A sink that wants to see the active alerts every 5 ms, and what it received. */
function forgetful(least: 'info' | 'warning' | 'critical' = 'info') {
  const received: Dispatch[] = [];
  const { sink, state } = fakeSink('forgetful', async (given) => {
    received.push(given);
    return '';
  });
  const statuses = () =>
    received.flatMap(({ notifications }) => notifications.map(({ status, alert }) => [status, alert.code]));
  return {
    sink: { ...sink, refresh: 5, least, send: (...given: Parameters<typeof sink.send>) => sink.send(...given) },
    state,
    received,
    statuses,
  };
}

test('active alerts are sent again to a sink that forgets them, whatever repeat says, and to no other', async (t) => {
  const { sink, statuses } = forgetful();
  const other = fakeSink('other');
  const { service } = await open(await makeRoot(t), { sinks: [sink, other.sink] });
  await service.report({ node: NODE, alerts: [alert()], events: [] });
  await until(() => statuses().length >= 4);
  assert.deepEqual(statuses().slice(0, 4), [
    ['raised', 'CERTIFICATE_EXPIRED'],
    ...Array.from({ length: 3 }, () => ['repeated', 'CERTIFICATE_EXPIRED']),
  ]);
  assert.equal(other.taken.length, 1);
});

test('once an alert has cleared it is never sent again, also when a refresh is under way as it clears', async (t) => {
  const { sink, state, statuses } = forgetful();
  const keep = state.send;
  const { service } = await open(await makeRoot(t), { sinks: [sink] });
  await service.report({ node: NODE, alerts: [alert()], events: [] });
  let release = () => {};
  let isHeld = false;
  state.send = async (given, signal) => {
    if (given.notifications.some(({ status }) => status === 'repeated') && !isHeld) {
      isHeld = true;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    return keep(given, signal);
  };
  await until(() => isHeld);
  await service.report({ node: NODE, alerts: [], events: [] });
  release();
  await until(() => statuses().some(([status]) => status === 'cleared'));
  const after = statuses().length;
  await service.report({ node: NODE, alerts: [], events: [] });
  await sleep(50);
  assert.equal(statuses().at(-1)![0], 'cleared');
  assert.equal(statuses().length, after);
});

test('nothing is sent again before the node is known, nor what the sink does not want', async (t) => {
  const root = await makeRoot(t);
  const first = await open(root, { sinks: [] });
  await first.service.report({ node: NODE, alerts: [alert()], events: [] });
  await first.service.stop();

  const { sink, received, statuses } = forgetful('critical');
  const { service } = await open(root, { sinks: [sink] });
  await sleep(50);
  assert.deepEqual(statuses(), []);
  await service.report({
    node: NODE,
    alerts: [alert(), alert({ code: 'KEY_READABLE', severity: 'warning' })],
    events: [],
  });
  await until(() => received.length >= 2);
  assert.deepEqual(new Set(statuses().map(String)), new Set(['repeated,CERTIFICATE_EXPIRED']));
  assert.equal(received[0]!.node.name, NODE.name);
});

test('what fails to be sent again is not spooled and is no failure; a message that waits goes first', async (t) => {
  const root = await makeRoot(t);
  const { sink, state, statuses } = forgetful();
  const keep = state.send;
  const { service } = await open(root, { sinks: [sink] });
  await service.report({ node: NODE, alerts: [alert()], events: [] });
  await until(() => statuses().length >= 1);
  let refused = 0;
  state.send = async () => {
    refused += 1;
    throw new SinkError('forgetful', 'is away');
  };
  await until(() => refused >= 3);
  assert.deepEqual([service.failing(), await spooled(root, sink.name)], [[], 0]);
  const before = statuses().length;
  await service.report({ node: NODE, alerts: [alert(), alert({ subject: 'other' })], events: [] });
  await until(() => service.failing().length > 0);
  state.send = keep;
  await until(() => statuses().length > before);
  assert.equal(statuses()[before]![0], 'raised');
});
