import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chance, everyRun } from './model/choices.ts';
import { play, type Scenario } from './model/scenario.ts';
import { ALL_FAULTS, NO_FAULTS } from './model/world.ts';

// The model drives the protocol itself (coordinate, afterWrite, mayBegin). Clocks differ by up to 10 minutes and run up to 2 % fast
// or slow. CERTAGENT_LONG=1 searches ten times as much.
const MORE = process.env.CERTAGENT_LONG === '1' ? 10 : 1;
const CALM = [0.9, 0.7, 0.4, 0] as const;

/** Never two at once; and when the faults are over, everybody has been renewed before six hours have passed. */
function search(scenario: Scenario, runs: number) {
  let longest = 0;
  for (let seed = 1; seed <= runs * MORE; seed++) {
    const { violation, done, after, trace } = play(scenario, chance(seed, CALM[seed % CALM.length]!));
    assert.equal(violation, null, `seed ${seed}: ${violation}\n${trace.join('\n')}`);
    assert.ok(done, `seed ${seed}: somebody was never renewed\n${trace.join('\n')}`);
    longest = Math.max(longest, after);
  }
  return `${runs * MORE} runs; the longest took ${Math.round(longest / 60_000)} minutes`;
}

const SCENARIOS: [string, Scenario, number][] = [
  ['3 nodes, all faults', { servers: 3, faults: ALL_FAULTS }, 400],
  ['3 nodes, all faults, in the last week', { servers: 3, faults: ALL_FAULTS, urgent: true }, 300],
  ['5 nodes, all faults', { servers: 5, faults: ALL_FAULTS }, 80],
  ['3 nodes, one of them away for the first 20 minutes', { servers: 3, faults: NO_FAULTS, oneAway: true }, 200],
  ['3 nodes that may not use the Lease', { servers: 3, faults: NO_FAULTS, forbidden: true, skew: 60_000 }, 200],
  ['5 nodes that may not use the Lease', { servers: 5, faults: NO_FAULTS, forbidden: true, skew: 60_000 }, 50],
  [
    '3 nodes that may not use the Lease, killed',
    { servers: 3, faults: { ...NO_FAULTS, kills: true, failures: true }, forbidden: true, skew: 60_000 },
    200,
  ],
];

for (const [name, scenario, runs] of SCENARIOS)
  test(`never two at once, and everybody gets a turn: ${name}`, (t) => t.diagnostic(search(scenario, runs)));

test('every run that differs from the usual one in up to two choices', (t) => {
  const depth = 40 * Math.sqrt(MORE);
  const { found, runs } = everyRun(2, depth, (choices) => {
    const { violation, done, trace } = play({ servers: 3, faults: NO_FAULTS }, choices);
    return violation ?? (done ? null : trace.join('\n'));
  });
  assert.equal(found, null);
  assert.ok(runs > 1_000, `only ${runs} runs`);
  t.diagnostic(`${runs} runs`);
});
