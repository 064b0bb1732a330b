import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CertagentError, errorCode, explain } from '../../../src/domain/model/errors.ts';

test("an error has the catalogue's remedy unless it has its own; an error of another program has none", () => {
  assert.match(new CertagentError('NO_DAEMON', 'no daemon').remedy!, /systemctl start certagent/);
  assert.equal(new CertagentError('NO_DAEMON', 'no daemon', { remedy: 'Wait.' }).remedy, 'Wait.');
  const relayed = CertagentError.relayed('ENOSPC', 'the file cannot be written', { cause: new Error('disk full') });
  assert.deepEqual([relayed.code, relayed.remedy], ['ENOSPC', undefined]);
  assert.equal(explain(relayed), 'the file cannot be written: disk full');
});

test('a code is that of the error, else UNKNOWN', () => {
  assert.deepEqual(
    [errorCode({ code: 'EIO' }), errorCode(null), errorCode(new Error('x'))],
    ['EIO', 'UNKNOWN', 'UNKNOWN'],
  );
});
