import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WHOLE } from './fleet.ts';
import { simulate } from './simulate.ts';
import { brokenPromises, tableOf } from './table.ts';

const IS_LONG = process.env.CERTAGENT_LONG === '1';

test(`a year of ${IS_LONG ? '10,000' : '200'} nodes keeps every promise`, (t) => {
  const figures = simulate(IS_LONG ? WHOLE : { clusters: 40, singles: 30, agents: 50 });
  for (const line of tableOf(figures).split('\n')) t.diagnostic(line);
  assert.deepEqual(brokenPromises(figures), []);
  const { renewed, byLease, bySlot } = figures;
  assert.ok(
    renewed.window + renewed.urgent + renewed.agents >= figures.nodes * 0.8,
    'most nodes are renewed in a year',
  );
  assert.ok(byLease > 0 && bySlot > 0);
});

test('the simulation would notice: where nobody waits for a turn, two servers of a cluster are away at once', () => {
  assert.ok(simulate({ clusters: 40, singles: 1, agents: 1 }, { turns: false }).twoAtOnce > 0);
});
