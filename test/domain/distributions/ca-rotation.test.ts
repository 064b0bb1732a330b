// New CAs that a server's next start loads: named in the plan, and a blocker where nothing vouches for them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignRotation, rotationWarnings } from '../../../src/domain/distributions/ca-rotation.ts';
import type { Attempt, History } from '../../../src/domain/model/decision.ts';
import type { CaRotation } from '../../../src/domain/model/inventory.ts';
import { HOUR, MINUTE } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NOW, policyOf, withPreconditions } from '../../support/inventory.ts';

const trigger = { path: '/tls/dynamic-cert-regenerate', placedAt: NOW - 10 * MINUTE };
const next = (isSigned: boolean) => ({ directory: '/server/rotate-ca', isSigned });
const during = (startedAt: number, endedAt: number | null): History => ({
  attempts: [{ startedAt, endedAt } as Attempt],
});
const NEVER: History = { attempts: [] };

const TABLE: [
  what: string,
  caRotation: CaRotation | null,
  history: History,
  warning: RegExp | null,
  blocks: boolean,
][] = [
  ['no sign of one', null, NEVER, null, false],
  [
    'a trigger file alone',
    { trigger, next: null },
    NEVER,
    /^\/tls\/dynamic-cert-regenerate was created on .* may be stored/,
    false,
  ],
  [
    'stored, and signed',
    { trigger, next: next(true) },
    NEVER,
    /rotate-ca holds new CAs, which the present CAs have signed\. They were stored on/,
    false,
  ],
  ['stored, and not signed', { trigger, next: next(false) }, NEVER, /have not signed/, true],
  ['prepared', { trigger: null, next: next(true) }, NEVER, /If they are stored/, false],
  [
    'prepared, and not signed',
    { trigger: null, next: next(false) },
    NEVER,
    /have not signed\. If they are stored/,
    false,
  ],
  ['a trigger of a plan that ended', { trigger, next: null }, during(NOW - 11 * MINUTE, NOW - 9 * MINUTE), null, false],
  ['a trigger of a plan without an end', { trigger, next: null }, during(NOW - 11 * MINUTE, null), null, false],
  ['a plan that began long before', { trigger, next: null }, during(NOW - 5 * HOUR, null), /may be stored/, false],
  ['a plan that ended before', { trigger, next: null }, during(NOW - 5 * HOUR, NOW - 4 * HOUR), /may be stored/, false],
  ['a plan that began after it', { trigger, next: null }, during(NOW - MINUTE, NOW), /may be stored/, false],
  [
    'a trigger of a plan beside CAs that are prepared',
    { trigger, next: next(false) },
    during(NOW - 11 * MINUTE, NOW),
    /If they are stored/,
    false,
  ],
];

for (const [what, caRotation, history, warning, blocks] of TABLE)
  test(`a rotation of the CAs: ${what}`, () => {
    const inventory = withPreconditions(inventoryOf('k3s-server'), caRotation === null ? {} : { caRotation });
    const warnings = rotationWarnings({ inventory, history }, 'K3s');
    if (warning === null) assert.deepEqual(warnings, []);
    else {
      assert.equal(warnings.length, 1);
      assert.match(warnings[0]!, warning);
    }
    const known = { inventory, history, policy: policyOf(), ids: [], now: NOW };
    const blockers = foreignRotation('K3s').find(known);
    assert.equal(blockers.length > 0, blocks);
    for (const { why, remedy } of blockers) {
      assert.match(why, /\/server\/rotate-ca, which the present ones have not signed/);
      assert.match(remedy, /^Restart K3s yourself/);
    }
  });

test('without a history every trigger file counts', () => {
  const inventory = withPreconditions(inventoryOf('k3s-server'), { caRotation: { trigger, next: null } });
  assert.equal(rotationWarnings({ inventory }, 'K3s').length, 1);
});
