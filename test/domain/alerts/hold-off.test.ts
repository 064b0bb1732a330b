// What is kept back, and what is never kept back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Alert, Severity, StandingAlert } from '../../../src/domain/alerts/alert.ts';
import { ALERTS, type AlertCode, CODES } from '../../../src/domain/alerts/catalogue.ts';
import { type AlertDiff, diffAlerts } from '../../../src/domain/alerts/diff.ts';
import { holdOffOf } from '../../../src/domain/alerts/explain.ts';
import { isWorse } from '../../../src/domain/alerts/severity.ts';
import { DAY, HOUR, MINUTE } from '../../../src/domain/time/duration.ts';

const alert = (code: AlertCode, change: Partial<Alert> = {}): Alert => ({
  code,
  severity: ALERTS[code].severity,
  subject: 'node',
  text: `${code}.`,
  remedy: '',
  facts: { a: '' },
  ...change,
});
const at = (now: number, alerts: Alert[], before: StandingAlert[] = []) =>
  diffAlerts({ before, now, alerts, events: [], repeat: DAY });
const sent = (diff: AlertDiff) => diff.notifications.map((each) => `${each.status} ${each.alert.code}`);
/** As alerts.json holds it: what a restart of the daemon remembers. */
const restarted = ({ book }: AlertDiff): StandingAlert[] => JSON.parse(JSON.stringify(book));

test('a clock that is not synchronised yet is in the book at once, and sent when it has persisted, restarts or not', () => {
  const first = at(0, [alert('CLOCK_DOUBTFUL')]);
  assert.deepEqual([sent(first), first.book[0]!.heldUntil], [[], 10 * MINUTE]);
  const second = at(9 * MINUTE, [alert('CLOCK_DOUBTFUL')], restarted(first));
  assert.deepEqual([sent(second), second.book[0]!.lastSentAt], [[], null]);
  const third = at(10 * MINUTE, [alert('CLOCK_DOUBTFUL')], restarted(second));
  assert.deepEqual(sent(third), ['raised CLOCK_DOUBTFUL']);
  assert.deepEqual([third.notifications[0]!.since, third.book[0]!.heldUntil], [0, undefined]);
  assert.deepEqual(sent(at(11 * MINUTE, [], restarted(third))), ['cleared CLOCK_DOUBTFUL']);
});

test('what passes before it is sent leaves no message, and no all-clear', () => {
  const first = at(0, [alert('CLOCK_DOUBTFUL')]);
  const over = at(5 * MINUTE, [], first.book);
  assert.deepEqual([sent(over), over.allClear, over.book], [[], false, []]);
});

test('what was found says better than the catalogue how long it may last', () => {
  const starting = alert('RENEWAL_BLOCKED', { holdOff: 5 * MINUTE });
  assert.deepEqual(sent(at(0, [starting])), []);
  assert.deepEqual(sent(at(0, [alert('RENEWAL_BLOCKED')])), ['raised RENEWAL_BLOCKED']);
  assert.equal(holdOffOf(alert('CERTIFICATE_EXPIRED', { holdOff: HOUR })), 0, 'an expiry waits for nothing');
});

test('a clock that was set back does not hold an alert off again', () => {
  const first = at(100 * DAY, [alert('CLOCK_DOUBTFUL')]);
  const back = at(0, [alert('CLOCK_DOUBTFUL')], first.book);
  assert.deepEqual(sent(at(10 * MINUTE, [alert('CLOCK_DOUBTFUL')], back.book)), ['raised CLOCK_DOUBTFUL']);
});

test('an alert that gets worse is sent at once, held off, explained or both', () => {
  const held = at(0, [alert('CLOCK_DOUBTFUL')]);
  assert.deepEqual(sent(at(1, [alert('CLOCK_DOUBTFUL', { severity: 'critical' })], held.book)), [
    'raised CLOCK_DOUBTFUL',
  ]);
  const lost = alert('NODE_UNKNOWN', { severity: 'critical' });
  const explained = at(0, [lost, alert('KEY_READABLE')]);
  assert.deepEqual(sent(at(1, [lost, alert('KEY_READABLE', { severity: 'critical' })], explained.book)), [
    'raised KEY_READABLE',
  ]);
});

test('what another alert explains is in the book, marked, and sent when that has cleared', () => {
  const hazard = alert('RESTART_HAZARD', { severity: 'critical', facts: { '/ca.crt': '', '/b': '' } });
  const file = alert('FILE_UNREADABLE', { severity: 'critical', facts: { '/ca.crt': '' } });
  const first = at(0, [hazard, file]);
  assert.deepEqual(sent(first), ['raised RESTART_HAZARD']);
  assert.equal(first.book[1]!.explainedBy, 'RESTART_HAZARD');
  const second = at(1, [file], restarted(first));
  assert.deepEqual(sent(second), ['raised FILE_UNREADABLE', 'cleared RESTART_HAZARD']);
  assert.equal(second.book[0]!.explainedBy, undefined);
});

const UNEXPLAINED: [string, Alert, Alert][] = [
  [
    'it covers one of two files',
    alert('RESTART_HAZARD', { severity: 'critical', facts: { '/ca.crt': '' } }),
    alert('FILE_UNREADABLE', { facts: { '/ca.crt': '', '/other': '' } }),
  ],
  [
    'it is less severe',
    alert('FILE_UNREADABLE', { facts: { '/ca.crt': '' } }),
    alert('NOT_SIGNED_BY_CA', { restsOn: ['/ca.crt'] }),
  ],
  ['the catalogue does not name it', alert('KEY_MISMATCH'), alert('KEY_READABLE')],
  ['the node is found', alert('NODE_UNKNOWN'), alert('KEY_MISMATCH')],
  ['an expiry', alert('NODE_UNKNOWN', { severity: 'critical' }), alert('CERTIFICATE_EXPIRED')],
  ['certagent itself', alert('NODE_UNKNOWN', { severity: 'critical' }), alert('CONFIG_REFUSED')],
];
for (const [why, by, of] of UNEXPLAINED)
  test(`not explained: ${why}`, () =>
    assert.deepEqual(sent(at(0, [by, of])).sort(), [`raised ${by.code}`, `raised ${of.code}`].sort()));

test('an unreadable CA explains its leaves', () => {
  const ca = alert('FILE_UNREADABLE', { severity: 'critical', facts: { '/ca.crt': '' } });
  const leaves = alert('NOT_SIGNED_BY_CA', { facts: { a: '', b: '' }, restsOn: ['/ca.crt', '/ca.crt'] });
  assert.deepEqual(sent(at(0, [ca, leaves])), ['raised FILE_UNREADABLE']);
});

test('what was sent and is explained later stays, is not repeated, and clears; what changed meanwhile is sent after', () => {
  const lost = alert('NODE_UNKNOWN', { severity: 'critical' });
  const key = alert('KEY_READABLE');
  const first = at(0, [key]);
  const second = at(2 * DAY, [lost, key], restarted(first));
  assert.deepEqual(sent(second), ['raised NODE_UNKNOWN'], 'no repetition');
  const more = alert('KEY_READABLE', { facts: { a: '', b: '' } });
  const third = at(2 * DAY + 1, [lost, more], restarted(second));
  assert.deepEqual(sent(third), []);
  assert.deepEqual(sent(at(2 * DAY + 2, [more], restarted(third))), ['raised KEY_READABLE', 'cleared NODE_UNKNOWN']);
  assert.deepEqual(sent(at(2 * DAY + 2, [lost], restarted(third))), ['cleared KEY_READABLE']);
});

test('how it was last sent goes along: with it a receiver resolves what it has, and nothing else', () => {
  const first = at(0, [alert('KEY_READABLE')]);
  assert.equal(first.notifications[0]!.sent, null);
  const worse = at(1, [alert('KEY_READABLE', { severity: 'critical' })], first.book);
  assert.deepEqual(worse.notifications[0]!.sent, { severity: 'warning', worst: 'warning' });
  const better = at(2, [alert('KEY_READABLE', { severity: 'info' })], worse.book);
  assert.deepEqual(at(3, [], better.book).notifications[0]!.sent, { severity: 'info', worst: 'critical' });
});

test('a book of an earlier version says what was sent by the alert alone', () => {
  const old: StandingAlert = { alert: alert('KEY_READABLE'), since: 0, lastSentAt: 0, worst: 'critical' };
  const [over] = at(1, [], [old]).notifications;
  assert.deepEqual([over!.worst, over!.sent], ['critical', { severity: 'warning', worst: 'critical' }]);
  const [plain] = at(1, [], [{ alert: old.alert, since: 0, lastSentAt: 0 }]).notifications;
  assert.deepEqual([plain!.worst, plain!.sent], ['warning', { severity: 'warning', worst: 'warning' }]);
  const same = at(1, [old.alert], [old]);
  assert.deepEqual([sent(same), same.book[0]!.worst], [[], 'critical']);
});

// Any states at any times, with a restart after each.
const severity = fc.constantFrom<Severity>('info', 'warning', 'critical');
const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 });
const oneAlert = fc
  .record({ code: fc.constantFrom(...CODES), severity, names, holdOff: fc.option(fc.constant(20), { nil: undefined }) })
  .map(({ code, severity, names, holdOff }) =>
    alert(code, {
      severity,
      facts: Object.fromEntries(names.map((name) => [name, ''])),
      ...(holdOff === undefined ? {} : { holdOff }),
    }),
  );
const states = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 30 }),
    alerts: fc.uniqueArray(oneAlert, { selector: ({ code }) => code, maxLength: 6 }),
  }),
  { maxLength: 12 },
);

/** Runs the states one after the other and looks at each difference; `raised`: what a receiver has and was not cleared. */
type Look = (now: number, alerts: Alert[], before: StandingAlert[], diff: AlertDiff, raised: Set<string>) => void;
function always(look: Look) {
  fc.assert(
    fc.property(states, (all) => {
      let book: StandingAlert[] = [];
      let now = 0;
      const raised = new Set<string>();
      for (const { after, alerts } of all) {
        now += after;
        const diff = diffAlerts({ before: book, now, alerts, events: [], repeat: 50 });
        look(now, alerts, book, diff, raised);
        book = restarted(diff);
      }
    }),
    { numRuns: 300 },
  );
}
const find = (book: StandingAlert[], code: string) => book.find((each) => each.alert.code === code);

test('always: an expiry is sent the moment it is found, whatever else is active', () =>
  always((_now, alerts, before, diff) => {
    for (const each of alerts)
      if (ALERTS[each.code].category === 'expiry' && find(before, each.code) === undefined)
        assert.ok(sent(diff).includes(`raised ${each.code}`));
  }));

test('always: what got worse is sent at once', () =>
  always((_now, alerts, before, diff) => {
    for (const each of alerts) {
      const old = find(before, each.code);
      if (old !== undefined && isWorse(each.severity, old.alert.severity))
        assert.ok(sent(diff).includes(`raised ${each.code}`));
    }
  }));

test('always: only what was raised is repeated or cleared, and what was raised clears', () =>
  always((_now, alerts, _before, diff, raised) => {
    for (const { status, alert: one, sent: last } of diff.notifications) {
      assert.equal(last !== null, raised.has(one.code));
      if (status === 'raised') raised.add(one.code);
      else assert.ok(raised.has(one.code), `${status} ${one.code}`);
      if (status === 'cleared') raised.delete(one.code);
    }
    for (const code of raised)
      assert.ok(
        alerts.some((each) => each.code === code),
        `${code} was not cleared`,
      );
  }));

test('always: the book is what is active; nothing explained or held off is sent unless it got worse', () =>
  always((now, alerts, before, diff) => {
    assert.deepEqual(
      diff.book.map((each) => each.alert),
      alerts,
    );
    for (const { alert: one, since, explainedBy } of diff.book) {
      const old = find(before, one.code);
      assert.equal(since, old?.since ?? now, 'a restart does not start the hold-off again');
      const worse = old !== undefined && isWorse(one.severity, old.alert.severity);
      const held = (old?.lastSentAt ?? null) === null && now - since < holdOffOf(one);
      if ((explainedBy !== undefined || held) && !worse)
        assert.ok(!sent(diff).some((line) => line.endsWith(` ${one.code}`)));
    }
  }));

test('always: the same state again sends nothing, and what is neither held off nor explained has been sent', () =>
  always((now, alerts, _before, diff) => {
    const again = diffAlerts({ before: diff.book, now, alerts, events: [], repeat: 50 });
    assert.deepEqual(again.notifications, []);
    for (const { alert: one, since, explainedBy, lastSentAt } of diff.book)
      if (explainedBy === undefined && now - since >= holdOffOf(one)) assert.notEqual(lastSentAt, null);
  }));
