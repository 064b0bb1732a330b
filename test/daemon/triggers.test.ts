// The one timer of the daemon: the schedule, what the decisions named, failed checks, and clocks that jump.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { schema } from '../../src/config/schema.ts';
import type { Agent } from '../../src/daemon/agent.ts';
import { makeAlarm } from '../../src/daemon/alarm.ts';
import { makeTriggers, sparingly } from '../../src/daemon/triggers.ts';
import type { View } from '../../src/daemon/view.ts';
import type { Renewal } from '../../src/domain/model/decision.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time/duration.ts';
import { silentLog } from '../../src/host/logger.ts';
import { Root } from '../../src/host/root.ts';
import { eventually } from '../testnode/support.ts';

const START = Date.UTC(2027, 0, 1);
const NO_PATHS = {
  certificatesDir: null,
  kubeconfigDir: null,
  adminKubeconfig: null,
  manifestsDir: null,
  dataDir: null,
};
const NOTHING: Renewal = { kind: 'none', nextAt: null };

/** Triggers of a node whose check says `renewal`, at a clock that the test moves. Each check arms anew, as the agent's does. */
async function scene(
  t: TestContext,
  options: {
    jitter?: string;
    fails?: boolean;
    renewal?: () => Renewal;
    distribution?: 'k3s' | null;
    served?: string[];
    certificates?: object[];
  } = {},
) {
  t.mock.timers.enable({ apis: ['Date', 'setTimeout'], now: START });
  const prefix = mkdtempSync(join(tmpdir(), 'certagent-triggers-'));
  const { distribution = 'k3s' } = options;
  const fired: [at: string, why: string][] = [];
  let nextCheck: number | null = null;
  const config = schema.parse({ check: { schedule: '*/30 * * * *', jitter: options.jitter ?? '0s' } });
  const agent = {
    config: () => config,
    view: () =>
      ({
        inventory: {
          takenAt: Date.now(),
          node: { name: 'cp-1', timeZone: 'UTC', paths: NO_PATHS, distribution },
          served: (options.served ?? []).map((state) => ({ state })),
        },
        decisions: { renewal: options.renewal?.() ?? NOTHING, certificates: options.certificates ?? [] },
      }) as unknown as View,
    heldUntil: () => null,
    setNextCheck: (at: number | null) => {
      nextCheck = at;
    },
  } as Agent;
  const triggers = makeTriggers({
    root: new Root(prefix),
    configFile: '/etc/certagent/config.toml',
    now: Date.now,
    log: silentLog,
    fire: (why) => {
      fired.push([new Date().toISOString().slice(11, 19), why]);
      if (options.fails) triggers.later(agent);
      else void triggers.rearm(agent);
    },
  });
  t.after(async () => {
    await triggers.stop();
    rmSync(prefix, { recursive: true });
  });
  await triggers.rearm(agent);
  return {
    fired,
    triggers,
    agent,
    nextCheck: () => nextCheck,
    async pass(duration: number) {
      for (let left = duration; left > 0; left -= 10 * SECOND) {
        t.mock.timers.tick(Math.min(left, 10 * SECOND));
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

test('the schedule fires, run after run, and status knows the next one', async (t) => {
  const { fired, pass, nextCheck } = await scene(t);
  assert.equal(nextCheck(), START + 30 * MINUTE);
  await pass(61 * MINUTE);
  assert.deepEqual(fired, [
    ['00:30:00', 'schedule'],
    ['01:00:00', 'schedule'],
  ]);
  assert.equal(nextCheck(), START + 90 * MINUTE);
});

test('a run that waits for its jitter is not lost by a check before it, and its moment is a whole number', async (t) => {
  const { fired, pass, nextCheck, triggers, agent } = await scene(t, { jitter: '9m' });
  const due = nextCheck()!;
  assert.ok(Number.isInteger(due) && due > START + 30 * MINUTE && due < START + 39 * MINUTE);
  await pass(30 * MINUTE + 5 * SECOND);
  await triggers.rearm(agent);
  assert.equal(nextCheck(), due);
  await pass(10 * MINUTE);
  assert.equal(fired.length, 1);
  assert.equal(nextCheck(), due + 30 * MINUTE);
});

test('a moment that the decisions named comes before the schedule, and never at once again', async (t) => {
  const { fired, pass } = await scene(t, { renewal: () => ({ kind: 'none', nextAt: START + 7 * MINUTE }) });
  await pass(7 * MINUTE + 12 * SECOND);
  assert.deepEqual(fired[0], ['00:07:00', 'the moment that the last check named']);
  assert.ok(fired.length <= 4, 'it fires every few seconds at most, though its moment has passed');
});

test('what blocks a renewal is checked again after longer and longer pauses', async (t) => {
  const blockers = [{ code: 'CLOCK_DOUBTFUL', why: '', remedy: '' }];
  const { fired, pass } = await scene(t, { renewal: () => ({ kind: 'blocked', ids: ['a'], blockers }) as Renewal });
  await pass(20 * MINUTE);
  assert.deepEqual(
    fired.map(([at]) => at),
    ['00:01:00', '00:03:00', '00:07:00', '00:15:00'],
  );
});

test('an agent whose server is away is checked again after longer and longer pauses', async (t) => {
  const waiting: Renewal = { kind: 'waiting', until: null, code: 'SERVER_AWAY', ids: ['a'], why: '' };
  const { fired, pass } = await scene(t, { renewal: () => waiting });
  await pass(8 * MINUTE);
  assert.deepEqual(
    fired.map(([at]) => at),
    ['00:01:00', '00:03:00', '00:07:00'],
  );
});

test('a server that does not answer is asked again soon: after a boot it may be starting', async (t) => {
  const { fired, pass } = await scene(t, { served: ['current', 'unreachable'] });
  await pass(4 * MINUTE);
  assert.deepEqual(
    fired.map(([at]) => at),
    ['00:01:00', '00:03:00'],
  );
});

test('checks in between, as when files change, do not lengthen the pause', async (t) => {
  const { fired, pass, triggers, agent, nextCheck } = await scene(t, { served: ['unreachable'] });
  for (let change = 0; change < 6; change += 1) await triggers.rearm(agent);
  assert.equal(nextCheck(), START + MINUTE);
  await pass(61 * SECOND);
  assert.deepEqual(
    fired.map(([at]) => at),
    ['00:01:00'],
  );
});

test('the node is checked when a certificate becomes due or urgent, and when it has expired', async (t) => {
  const certificate = { opensAt: START + 5 * MINUTE, urgentAt: START + 9 * MINUTE, notAfter: START + 14 * MINUTE };
  const { fired, pass } = await scene(t, { certificates: [certificate] });
  await pass(20 * MINUTE);
  assert.deepEqual(
    fired.map(([at]) => at),
    // The test's clock moves by ten seconds.
    ['00:05:00', '00:09:00', '00:14:10'],
  );
});

test('a machine that is no node yet is looked at every minute: one may be installed', async (t) => {
  const { fired, pass } = await scene(t, { distribution: null });
  await pass(3 * MINUTE + 5 * SECOND);
  assert.deepEqual(
    fired.map(([at]) => at),
    ['00:01:00', '00:02:00', '00:03:00'],
  );
});

test('after a check that failed the next one comes soon', async (t) => {
  const { fired, pass } = await scene(t, { fails: true });
  await pass(41 * MINUTE);
  assert.deepEqual(
    fired.map(([at]) => at),
    ['00:30:00', '00:35:00', '00:40:00'],
  );
});

test('runs that a suspended machine missed are one check', async (t) => {
  const { fired, pass, nextCheck } = await scene(t);
  await pass(MINUTE);
  t.mock.timers.setTime(START + 3 * HOUR + 2 * MINUTE);
  await pass(MINUTE);
  assert.equal(fired.length, 1);
  assert.equal(nextCheck(), START + 3 * HOUR + 30 * MINUTE);
});

test('nothing fires once it is stopped', async (t) => {
  const { fired, pass, triggers, agent } = await scene(t);
  await triggers.stop();
  triggers.later(agent);
  await triggers.rearm(agent);
  await pass(2 * HOUR);
  assert.deepEqual(fired, []);
});

test('a clock that is set back rings, and what it rings for is computed anew', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let clock = START;
  const rung: string[] = [];
  const alarm = makeAlarm(
    () => clock,
    (why) => rung.push(why),
  );
  alarm.set(clock + HOUR);
  clock += MINUTE;
  t.mock.timers.tick(MINUTE);
  assert.deepEqual(rung, []);
  clock -= 24 * HOUR;
  t.mock.timers.tick(MINUTE);
  assert.deepEqual(rung, ['set back']);
  alarm.set(clock + 30 * SECOND);
  clock += 30 * SECOND;
  t.mock.timers.tick(30 * SECOND);
  assert.deepEqual(rung, ['set back', 'reached']);
  // Also when the moment is set again before the alarm looks at the clock.
  alarm.set(clock + HOUR);
  clock -= HOUR;
  alarm.set(clock + 2 * HOUR);
  t.mock.timers.tick(0);
  assert.deepEqual(rung, ['set back', 'reached', 'set back']);
});

test('a file that changes all the time does not make certagent check all the time, and its last change is not missed', async () => {
  const seen: string[] = [];
  const changes = sparingly({ most: 3, within: 1_500 }, (why) => seen.push(why));
  for (let at = 1; at <= 10; at += 1) changes.fire(String(at));
  assert.deepEqual(seen, ['1', '2', '3']);
  await eventually(() => seen.length > 3);
  assert.deepEqual(seen, ['1', '2', '3', '10']);
  changes.fire('11');
  changes.stop();
});
