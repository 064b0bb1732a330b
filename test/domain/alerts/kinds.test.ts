// The catalogue as a whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../src/domain/alerts/alert.ts';
import { ALERTS, type AlertCode, CODES, isDated, kindOf, runbookOf } from '../../../src/domain/alerts/catalogue.ts';
import { explanationOf, holdOffOf } from '../../../src/domain/alerts/explain.ts';

for (const code of CODES)
  test(`${code} says what it means, in sentences`, () => {
    const { meaning, severity, at = {}, remedy, category } = ALERTS[code];
    assert.match(meaning, /^[A-Za-z].*[^.]\.$/);
    assert.ok(!(severity in at), 'another severity than the usual one');
    assert.ok(category === 'event' || remedy !== '', 'a state has a remedy');
    assert.equal(runbookOf(code), `docs/alerts/${code}.md`);
  });

const explainers = (code: AlertCode): readonly AlertCode[] => {
  const kind = ALERTS[code];
  return 'explainedBy' in kind ? (kind.explainedBy ?? []) : [];
};

test('no alert explains itself, not even by others', () => {
  const visit = (code: AlertCode, path: AlertCode[]): void => {
    assert.ok(!path.includes(code), [...path, code].join(' by '));
    for (const by of explainers(code)) visit(by, [...path, code]);
  };
  for (const code of CODES) visit(code, []);
});

test('what explains others is itself sent at once', () => {
  for (const code of CODES) for (const by of explainers(code)) assert.ok(!('holdOff' in ALERTS[by]), by);
});

test('a code of a later version is neither explained nor held off', () => {
  const later: Alert = {
    code: 'LATER' as AlertCode,
    severity: 'info',
    subject: 'node',
    text: '',
    remedy: '',
    facts: {},
  };
  const lost: Alert = { ...later, code: 'NODE_UNKNOWN', severity: 'critical' };
  assert.deepEqual(
    [kindOf(later.code), isDated(later.code), holdOffOf(later), explanationOf(later, [lost])],
    [undefined, false, 0, null],
  );
});

test('while the clock is doubtful, what today’s date decides is not raised', () => {
  const dated = CODES.filter(isDated);
  assert.deepEqual(
    dated.filter((code) => ALERTS[code].category !== 'expiry'),
    ['OBSERVING', 'RENEWAL_BLOCKED', 'RENEWAL_NOT_OURS', 'REQUEST_WAITING'],
  );
  assert.ok(dated.includes('CERTIFICATE_EXPIRED') && !dated.includes('KEY_MISMATCH'));
});
