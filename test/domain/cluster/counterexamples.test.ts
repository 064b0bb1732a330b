import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chance } from './model/choices.ts';
import { type Outcome, play, type Scenario } from './model/scenario.ts';
import { NO_FAULTS, type Without } from './model/world.ts';

// Each guard is there for a reason: without it the same search finds two nodes away at once, or a cluster without quorum.
const GUARDS: Record<Without, { what: string; scenario: Omit<Scenario, 'servers' | 'without'> }> = {
  resourceVersion: { what: 'a write is accepted whatever version it replaces', scenario: {} },
  'own-clock': { what: "the holder's renewTime is compared with this node's own time of day", scenario: {} },
  'peers-first': { what: 'the other servers are not asked', scenario: { oneAway: true } },
  'seen-healthy': {
    what: 'an expired Lease is taken although its holder is not ready',
    scenario: { faults: { ...NO_FAULTS, mutes: true }, urgent: true },
  },
  margin: {
    what: 'a holder does not look how old its Lease is before it stops its server',
    scenario: { faults: { ...NO_FAULTS, mutes: true }, urgent: true },
  },
  'fresh-for-long': {
    what: 'a Lease that was just created is acquired at once',
    scenario: { faults: { ...NO_FAULTS, deletes: true }, urgent: true },
  },
};

for (const [without, { what, scenario }] of Object.entries(GUARDS))
  test(`without this guard the search finds a counterexample: ${what}`, (t) => {
    const asWith = shortest({ servers: 3, ...scenario });
    assert.equal(asWith?.violation ?? null, null, 'the protocol itself passes the same search');
    const found = shortest({ servers: 3, ...scenario, without: without as Without });
    assert.ok(found !== null, 'the search does not notice that the guard is missing');
    for (const line of [...found.trace, `  => ${found.violation}`]) t.diagnostic(line);
  });

/** Of the runs that break a promise, the one with the least to read. */
function shortest(scenario: Scenario): Outcome | null {
  let best: Outcome | null = null;
  for (let seed = 1; seed <= 600; seed++) {
    const outcome = play(scenario, chance(seed, [0.9, 0.7, 0.4, 0][seed % 4]!));
    if (outcome.violation !== null && (best === null || outcome.trace.length < best.trace.length)) best = outcome;
  }
  return best;
}
