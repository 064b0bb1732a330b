import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderEmail } from '../../src/alert/email-text.ts';
import { factRows } from '../../src/alert/fact-rows.ts';
import { headline } from '../../src/alert/labels.ts';
import { TEST } from '../../src/alert/test-alert.ts';
import type { Dispatch } from '../../src/domain/alerts/alert.ts';
import { date, expiry } from '../../src/domain/alerts/words.ts';
import { DAY, MINUTE } from '../../src/domain/time/duration.ts';
import { allBodies, bodiesOf } from './bodies.ts';
import { golden, pretty } from './golden.ts';
import { AT, alert, dispatch, everyKind, told } from './support.ts';

test('an email in plain text', () => golden('alert-email.txt', renderEmail(everyKind()).text));
test('an email in HTML, where nothing of an alert is markup', async () => {
  const { html } = renderEmail(everyKind());
  await golden('alert-email.html', html);
  assert.doesNotMatch(html, /<b>/);
});
test('standard webhook', () => golden('alert-standard.json', pretty(bodiesOf('standard', everyKind())[0]!)));
test('alertmanager', () => golden('alert-alertmanager.json', pretty(bodiesOf('alertmanager', everyKind())[0]!)));
test('pagerduty', () => golden('alert-pagerduty.json', pretty(`[${bodiesOf('pagerduty', everyKind()).join(',')}]`)));

test('subjects', () => {
  const subject = (change: Parameters<typeof dispatch>[0]) => renderEmail(dispatch(change)).subject;
  const renewed = told({ status: 'event', alert: alert({ severity: 'info', text: '2 certificates renewed.' }) });
  const wrong = alert({ text: 'A is wrong.' });
  const over = told({ status: 'cleared', alert: wrong });
  const cases: [string, Parameters<typeof dispatch>[0]][] = [
    ['[certagent] CRITICAL node-1: A is wrong', { notifications: [told({ alert: wrong })] }],
    ['[certagent] STILL CRITICAL node-1: A is wrong', { notifications: [told({ status: 'repeated', alert: wrong })] }],
    ['[certagent] INFO node-1: 2 certificates renewed', { notifications: [renewed] }],
    ['[certagent] INFO node-1: 2 certificates renewed (and 1 more)', { notifications: [renewed, over] }],
    ['[certagent] CLEARED node-1: A is wrong', { notifications: [over] }],
    ['[certagent] ALL CLEAR node-1: no alert is active any more', { notifications: [over, over], allClear: true }],
    [
      '[certagent] INFO node-1: 2 certificates renewed (and 1 more)',
      { notifications: [renewed, over], allClear: true },
    ],
    [
      '[certagent] CRITICAL node-1 (oslo, 7): A is wrong',
      {
        notifications: [told({ alert: wrong })],
        node: { ...dispatch().node, labels: { site: 'oslo', rack: '7', instance: 'n:1', job: 'x' } },
      },
    ],
  ];
  for (const [expected, change] of cases) assert.equal(subject(change), expected);
});

test('a subject is one short line whatever the alert says', () => {
  const line = headline(
    dispatch({ notifications: [told({ alert: alert({ text: `a\r\nBcc: x@y\u2028${'z'.repeat(300)}` }) })] }),
  );
  assert.doesNotMatch(line, /[\r\n\u2028]/);
  assert.ok(line.length < 130);
});

test('all clear and a summary are sentences', () => {
  const { text, html } = renderEmail(
    dispatch({ notifications: [told({ status: 'cleared' })], allClear: true, merged: 12 }),
  );
  for (const shown of [text, html]) {
    assert.match(shown, /All clear/);
    assert.match(shown, /sums up 12/);
    assert.doesNotMatch(shown, /What to do/);
  }
});

test('Alertmanager: a changed severity resolves the previous one, and what cleared only what was really sent', () => {
  const alerts = (change: Parameters<typeof told>[0]) =>
    (
      JSON.parse(bodiesOf('alertmanager', dispatch({ notifications: [told(change)] }), DAY)[0]!) as {
        labels: { severity: string };
        endsAt: string;
      }[]
    ).map(({ labels, endsAt }) => [labels.severity, (Date.parse(endsAt) - AT) / DAY]);
  const since = AT - DAY;
  const warned = { severity: 'warning', worst: 'warning' } as const;
  assert.deepEqual(alerts({ sent: null }), [['critical', 2]]);
  assert.deepEqual(alerts({ since, sent: warned }), [
    ['critical', 2],
    ['warning', 0],
  ]);
  assert.deepEqual(alerts({ status: 'repeated', since, sent: { severity: 'critical', worst: 'critical' } }), [
    ['critical', 2],
  ]);
  assert.deepEqual(alerts({ status: 'cleared', since, sent: warned }), [['warning', 0]]);
  assert.deepEqual(alerts({ status: 'cleared', since, sent: null }), [], 'this sink never saw it');
  assert.deepEqual(alerts({ alert: alert({ once: true }) }), [['critical', 2]]);
  assert.deepEqual(alerts({ status: 'event', alert: alert({ code: 'RENEWED' }) }), [['critical', 1 / 24]]);
  assert.deepEqual(
    alerts({ status: 'event', alert: alert({ code: TEST }) }),
    [['critical', (5 * MINUTE) / DAY]],
    'resolves itself',
  );
});

test('Alertmanager: an alert that is repeated every minute does not end before it is sent again', () => {
  const [entry] = JSON.parse(bodiesOf('alertmanager', dispatch(), 1_000)[0]!) as { endsAt: string }[];
  assert.equal(Date.parse(entry!.endsAt) - AT, 10 * MINUTE);
});

test('Alertmanager: an entry that an earlier version left in the spool knows less about what was sent', () => {
  const severities = (change: Parameters<typeof told>[0]) =>
    (
      JSON.parse(bodiesOf('alertmanager', dispatch({ notifications: [told(change)] }), DAY)[0]!) as {
        labels: { severity: string };
      }[]
    ).map(({ labels }) => labels.severity);
  assert.deepEqual(severities({}), ['critical']);
  assert.deepEqual(severities({ alert: alert({ severity: 'info' }), worst: 'critical' }), ['info', 'critical']);
  assert.deepEqual(severities({ status: 'cleared', worst: 'critical' }), ['critical']);
});

test('PagerDuty: what resolves an incident has the key that opened it; a test opens an incident and resolves it', () => {
  const events = (change: Parameters<typeof told>[0]) =>
    bodiesOf('pagerduty', dispatch({ notifications: [told(change)] })).map((body) => JSON.parse(body));
  const [began] = events({});
  const [ended] = events({ status: 'cleared', since: AT - DAY });
  assert.deepEqual([began.event_action, ended.event_action], ['trigger', 'resolve']);
  assert.equal(began.dedup_key, ended.dedup_key);
  const tests = events({ status: 'event', alert: alert({ code: TEST, severity: 'info' }) });
  assert.deepEqual(
    tests.map(({ event_action }) => event_action),
    ['trigger', 'resolve'],
  );
  assert.equal(tests[0].dedup_key, tests[1].dedup_key);
  assert.deepEqual(events({ status: 'event', alert: alert({ severity: 'info' }) }), []);
});

test('two sites whose nodes have the same name cannot clear each other’s alerts', () => {
  const node = { name: 'k3s', distribution: 'k3s', role: 'server' };
  const sites: Dispatch['node'][] = [
    node,
    { ...node, machine: 'a'.repeat(32) },
    { ...node, machine: 'b'.repeat(32) },
    // A cloned disk has the machine-id of the first.
    { ...node, machine: 'b'.repeat(32), labels: { site: 'oslo' } },
    { ...node, machine: 'b'.repeat(32), labels: { site: 'bergen' } },
  ];
  const identities = (status: 'raised' | 'cleared') =>
    sites.map((node) => {
      const of = dispatch({ node, notifications: [told({ status })] });
      const [entry] = JSON.parse(bodiesOf('alertmanager', of, DAY)[0]!) as { labels: object }[];
      const { dedup_key } = JSON.parse(bodiesOf('pagerduty', of)[0]!) as { dedup_key: string };
      return JSON.stringify([entry!.labels, dedup_key]);
    });
  assert.equal(new Set(identities('raised')).size, sites.length);
  assert.deepEqual(identities('cleared'), identities('raised'));
});

test('the order of the labels in the configuration does not matter', () => {
  const key = (labels: Record<string, string>) =>
    JSON.parse(bodiesOf('pagerduty', dispatch({ node: { ...dispatch().node, labels } }))[0]!).dedup_key;
  assert.equal(key({ a: '1', b: '2' }), key({ b: '2', a: '1' }));
});

test('certificates that expire at the same time are one row, and what to do stands above it', () => {
  const members = Array.from({ length: 16 }, (_, index) => `apiserver-etcd-client-${index}`);
  const facts = {
    OBSERVE_MODE: 'certagent only observes this node',
    ...Object.fromEntries(members.map((name) => [name, expiry(AT + 20 * DAY, AT)])),
    ...Object.fromEntries(['a', 'b', 'c'].map((name) => [name, expiry(AT - DAY, AT)])),
    ...Object.fromEntries(['d', 'e'].map((name) => [name, expiry(AT - 2 * DAY, AT)])),
    ...Object.fromEntries(['f', 'g', 'h'].map((name) => [name, 'the same text'])),
  };
  const { text, html } = renderEmail(dispatch({ notifications: [told({ alert: alert({ facts }) })] }));
  assert.match(text, /16 certificates, all expire +2027-03-21 12:00 UTC, in 20 d\n/);
  assert.match(text, /3 certificates, all expired +2027-02-28 12:00 UTC, 1 d ago\n/);
  assert.equal(text.match(/the same text/g)?.length, 3, 'other facts keep their rows');
  assert.equal(text.match(/2 d ago/g)?.length, 2);
  assert.equal(html.match(/in 20 d/g)?.length, 1);
  assert.ok(text.indexOf('What to do') < text.indexOf('16 certificates'));
  assert.ok(html.indexOf('What to do') < html.indexOf('16 certificates'));
  for (const name of members) for (const shown of [text, html]) assert.ok(shown.includes(name));
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
});

test('minutes between the certificates of one renewal do not divide their row', () => {
  const at = AT + 20 * DAY;
  const facts = {
    a: expiry(at + 3 * MINUTE, AT),
    b: expiry(at, AT),
    other: expiry(at + DAY, AT),
    c: expiry(at + MINUTE, AT),
    started: '2027-03-01 12:00 UTC',
    d: `expires ${date(at + 40 * DAY)}`,
    e: `expires ${date(at + 40 * DAY)}`,
    f: `expires ${date(at + 40 * DAY)}`,
  };
  assert.deepEqual(factRows(told({ alert: alert({ facts }) })), [
    {
      name: '3 certificates, all expire',
      value: '2027-03-21 12:00 UTC, in 20 d (the last 3 min later)',
      members: ['b', 'c', 'a'],
    },
    { name: 'other', value: '2027-03-22 12:00 UTC, in 21 d', members: [] },
    { name: 'started', value: '2027-03-01 12:00 UTC', members: [] },
    { name: '3 certificates, all expire', value: '2027-04-30 12:00 UTC', members: ['d', 'e', 'f'] },
  ]);
  const passing = { a: expiry(AT - MINUTE, AT), b: expiry(AT - MINUTE, AT), c: expiry(AT + MINUTE, AT) };
  assert.equal(
    factRows(told({ alert: alert({ facts: passing }) })).length,
    3,
    'one that has expired is not one that will',
  );
});

test('in plain text no fact looks like a line of certagent, and a long name does not push the values away', () => {
  const facts = {
    reason: 'it failed\nCLEARED: everything is well\n\nWhat to do: nothing',
    ['x'.repeat(200)]: 'long',
    b: 'c',
  };
  const { text } = renderEmail(dispatch({ notifications: [told({ alert: alert({ facts }) })] }));
  assert.doesNotMatch(text, /^(CLEARED|What to do: nothing)/m);
  assert.match(text, /^ {4}CLEARED: everything/m);
  assert.match(text, /^ {2}b {37}c$/m);
});

test('a long name of a site leaves room for what is wrong', () => {
  const node = { ...dispatch().node, name: 'n'.repeat(60), labels: { site: 's'.repeat(60) } };
  assert.match(headline(dispatch({ node })), /^CRITICAL n{59}…: 2 certificates have expired: apiserver/);
});

test('an alert that has cleared has neither its old rows nor a runbook', () => {
  const { text, html } = renderEmail(dispatch({ notifications: [told({ status: 'cleared' })] }));
  for (const shown of [text, html]) assert.doesNotMatch(shown, /3 d ago|Runbook|What to do/);
});

test('every shape links the runbook: the page on the node, or below the address of the operator', () => {
  const shapes = (runbooks?: string) => {
    const of = dispatch(runbooks === undefined ? {} : { runbooks });
    const { text, html } = renderEmail(of);
    return [text, html.replaceAll('<wbr>', ''), ...allBodies(of)];
  };
  for (const body of [...shapes(), ...shapes('')])
    assert.match(body, /[ "]\/usr\/share\/doc\/certagent\/alerts\/CERTIFICATE_EXPIRED\.md/);
  for (const body of shapes('https://wiki.example.org/x/'))
    assert.match(body, /https:\/\/wiki\.example\.org\/x\/CERTIFICATE_EXPIRED\.md/);
  assert.match(shapes('https://wiki.example.org/x')[1]!, /<a href="https:/);
});
