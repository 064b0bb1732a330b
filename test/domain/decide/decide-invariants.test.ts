import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY } from '../../../src/domain/time/duration.ts';
import { inMaintenance } from '../../../src/domain/time/windows.ts';
import { addCertificate, inventoryOf, NODE_KINDS, NOW, policyOf, withCertificate } from '../../support/inventory.ts';
import { BY_HAND, own, run, SCHEDULE } from './decide-parts.ts';

const anyNode = fc
  .record({
    kind: fc.constantFrom(...NODE_KINDS),
    days: fc.integer({ min: -400, max: 400 }),
    others: fc.array(fc.record({ pick: fc.nat(), days: fc.double({ min: -30, max: 400, noNaN: true }) }), {
      maxLength: 6,
    }),
    now: fc.integer({ min: NOW - 3 * DAY, max: NOW + 3 * DAY }),
  })
  .map(({ kind, days, others, now }) => {
    const inventory = others.reduce(
      (made, { pick, days: left }) => {
        const { id, owner } = made.certificates[pick % made.certificates.length]!;
        if (owner === 'cluster-ca') return made;
        return withCertificate(made, id, { certificate: { notAfter: NOW + Math.round(left * DAY) } });
      },
      inventoryOf(kind, { days }),
    );
    return { inventory: addCertificate(inventory, 'ingress', days), now };
  });
const anyPolicy = fc
  .record({ opens: fc.integer({ min: 31, max: 200 }), nodeDelay: fc.double({ min: 0, max: 0.999, noNaN: true }) })
  .map(({ opens, nodeDelay }) => policyOf({ opens: opens * DAY, nodeDelay }));

test('nothing is renewed before its window opens, unless by force; never anything that is not the tool’s own', () => {
  fc.assert(
    fc.property(anyNode, anyPolicy, fc.constantFrom(SCHEDULE, BY_HAND), ({ inventory, now }, policy, request) => {
      const { renewal, certificates } = run(inventory, { now, policy, request });
      if (renewal.kind !== 'now') return;
      assert.ok(certificates.some(({ id, opensAt }) => renewal.ids.includes(id) && opensAt <= now));
      const owners = inventory.certificates.filter(({ id }) => renewal.ids.includes(id)).map(({ owner }) => owner);
      assert.ok(owners.every((owner) => owner === inventory.node.distribution));
    }),
  );
});

test('expired or urgent without an obstacle: renewed now; outside of the maintenance window nothing else is', () => {
  fc.assert(
    fc.property(anyNode, anyPolicy, ({ inventory, now }, policy) => {
      const { renewal, certificates } = run(inventory, { now, policy });
      const ours = certificates.filter(({ id }) => own(inventory).includes(id));
      const pressing = ours.some(({ nearness }) => nearness === 'expired' || nearness === 'urgent');
      if (pressing) assert.equal(renewal.kind, 'now');
      else if (renewal.kind === 'now') assert.ok(inMaintenance(policy.maintenance, now));
      if (renewal.kind === 'waiting') assert.ok(renewal.until! > now);
      if (renewal.kind === 'none' && renewal.nextAt !== null) assert.ok(renewal.nextAt > now);
    }),
  );
});

test('a promise is kept: the renewal begins at the time that was named', () => {
  fc.assert(
    fc.property(anyNode, anyPolicy, ({ inventory, now }, policy) => {
      const { renewal } = run(inventory, { now, policy });
      const moment = renewal.kind === 'waiting' ? renewal.until : renewal.kind === 'none' ? renewal.nextAt : null;
      if (moment === null) return;
      assert.equal(run(inventory, { now: moment, policy }).renewal.kind, 'now');
      assert.notEqual(run(inventory, { now: moment - 1, policy }).renewal.kind, 'now');
    }),
  );
});
