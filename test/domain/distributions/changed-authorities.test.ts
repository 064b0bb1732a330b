import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedAuthorities } from '../../../src/domain/distributions/changed-authorities.ts';
import type { ObservedCertificate } from '../../../src/domain/model/inventory.ts';
import { HOUR } from '../../../src/domain/time/duration.ts';
import { inventoryOf, NOW } from '../../support/inventory.ts';

const SINCE = NOW - HOUR;

/** A server whose client CA was written at `modifiedAt`; `foreign`: ids of the leaves that it has not signed, or all. */
function found(modifiedAt: number, foreign: string[] | 'all', since: number | null = SINCE): string[] {
  const certificates = inventoryOf('k3s-server', { days: 300 }).certificates.map((one): ObservedCertificate => {
    const file = { ...one.file, modifiedAt: one.id === 'client-ca' ? modifiedAt : SINCE - HOUR };
    const isForeign = one.issuance.ca === 'client-ca' && (foreign === 'all' || foreign.includes(one.id));
    return { ...one, file, ...(isForeign ? { issuance: { ...one.issuance, state: 'not-signed' } } : {}) };
  });
  return changedAuthorities(certificates, since).map(({ code, path }) => `${code} ${path}`);
}

const CHANGED = ['ca-changed /var/lib/rancher/k3s/server/tls/client-ca.crt'];
for (const [what, result, expected] of [
  ['replaced while the unit ran, by one that has signed nothing in use', found(NOW, 'all'), CHANGED],
  ['by one that is older than the start: the datastore overwrites it', found(SINCE - 1, 'all'), []],
  ['written again as it was', found(NOW, []), []],
  ['one leaf is of another CA, which a start repairs', found(NOW, ['client-admin']), []],
  ['the unit does not run', found(NOW, 'all', null), []],
] as const)
  test(`a CA file ${what}`, () => assert.deepEqual(result, expected));
