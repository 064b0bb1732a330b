import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPLAINED, explainCode } from '../../../src/domain/alerts/explain-code.ts';

test('every code of an alert, a reason and an error is explained, and no other word', () => {
  for (const code of EXPLAINED) {
    const { alert, reason, error } = explainCode(code)!;
    for (const one of [alert, reason, error]) if (one !== null) assert.match(one.meaning, /^\S.*\.$/s);
  }
  for (const word of ['NONSENSE', 'constructor', '', 'toString']) assert.equal(explainCode(word), null);
});

test('a code can mean several things', () => {
  const { alert, reason, error } = explainCode('KEY_MISMATCH')!;
  assert.ok(alert !== null && reason !== null && error !== null);
  assert.equal(alert.runbook, '/usr/share/doc/certagent/alerts/KEY_MISMATCH.md');
  assert.deepEqual([explainCode('RENEWED')!.alert?.at, explainCode('MAINTENANCE_WINDOW')!.alert], [undefined, null]);
});
