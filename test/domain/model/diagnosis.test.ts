import assert from 'node:assert/strict';
import { test } from 'node:test';
import { worstState } from '../../../src/domain/model/diagnosis.ts';

test('the worst of all results', () => {
  const of = (...states: ('ok' | 'warning' | 'fails')[]) => worstState(states.map((state) => ({ state })));
  assert.deepEqual(
    [of(), of('ok'), of('ok', 'warning'), of('fails', 'warning', 'ok')],
    ['ok', 'ok', 'warning', 'fails'],
  );
});
