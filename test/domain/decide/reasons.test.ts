import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockerChecks } from '../../../src/domain/decide/blockers.ts';
import { checksOf } from '../../../src/domain/decide/checks.ts';
import { HAZARDS } from '../../../src/domain/decide/hazards.ts';
import { REASONS } from '../../../src/domain/decide/reasons.ts';
import { rulesOf } from '../../../src/domain/distributions/index.ts';
import { DISTRIBUTION_NAMES } from '../../../src/domain/distributions/names.ts';

test('every reason of the catalogue is given by something, and has its meaning in one line', () => {
  const given = new Set<string>([
    // By decide.ts, of the node as a whole.
    'GOES_ALONG',
    // By restore-plan.ts, of a backup.
    'NOTHING_TO_RESTORE',
    'RESTORE_REPLACED',
    // While a plan runs: what stops it.
    'CA_CHANGED',
    'OTHERS_UNSEEN',
    'UNIT_RESTARTED',
    // Of its cluster (domain/cluster/).
    'TURN_OF_ANOTHER',
    'PEERS_NOT_READY',
    'QUORUM_AT_RISK',
    ...blockerChecks.map(({ code }) => code),
    ...Object.values(HAZARDS).map(({ blocker }) => blocker),
    ...DISTRIBUTION_NAMES.flatMap((distribution) => [
      ...checksOf({ distribution }).map(({ code }) => code),
      ...rulesOf(distribution).blockers.map(({ code }) => code),
      ...[rulesOf(distribution).refuseForce(0)].flatMap((blocker) => blocker?.code ?? []),
    ]),
  ]);
  assert.deepEqual(Object.keys(REASONS).sort(), [...given].sort());
  for (const [code, meaning] of Object.entries(REASONS)) assert.match(meaning, /^\S[^\n]{10,110}\.$/, code);
});

test('each hazard has a blocker of its own', () => {
  const blockers = Object.values(HAZARDS).map(({ blocker }) => blocker);
  assert.equal(new Set(blockers).size, blockers.length);
});
