// Names that steer a terminal, in every place where somebody else chooses the name: none reaches a person as it is.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { renderEmail } from '../../src/alert/email-text.ts';
import { shown } from '../../src/alert/labels.ts';
import { judge } from '../../src/cli/render/check.ts';
import { errorJson, renderError } from '../../src/cli/render/error-text.ts';
import { scrub } from '../../src/cli/render/paint.ts';
import { renderPlan } from '../../src/cli/render/plan.ts';
import { renderStatus } from '../../src/cli/render/status.ts';
import type { Dispatch } from '../../src/domain/alerts/alert.ts';
import { parseRange } from '../../src/domain/fleet/range.ts';
import { CertagentError } from '../../src/domain/model/errors.ts';
import { PLAN_SCHEMA, type PlanReport } from '../../src/domain/model/status.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { makeLog } from '../../src/host/logger.ts';
import { parseCertificate } from '../../src/host/x509.ts';
import { issueAuthority, issueCertificate } from '../../testnode/pki.ts';
import { allBodies } from '../alert/bodies.ts';
import { NODE, NOW, report } from '../cli/reports.ts';
import { fuzz } from './support.ts';

/** Everything except our own line breaks. */
const STEERS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const EVIL = [
  '\u001b[2J',
  '\u001b]0;owned\u0007',
  '\u009b31m',
  '\r',
  '\nCC: mallory@example.org',
  '\u202egnp.exe',
  '\u0008',
  '\u0000',
  '\u2028',
  'x',
];
const evil = fc.array(fc.constantFrom(...EVIL), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('a'));

/** The value with hostile text appended to every string in it that is free text. */
function poisoned<T>(value: T, text: string): T {
  const fixed = new Set([
    'schema',
    'kind',
    'state',
    'severity',
    'distribution',
    'role',
    'owner',
    'timeZone',
    'result',
    'trigger',
    'mode',
    'source',
    'nearness',
    'status',
    'code',
    'method',
  ]);
  const visit = (at: unknown, name: string): unknown => {
    if (typeof at === 'string') return fixed.has(name) ? at : at + text;
    if (Array.isArray(at)) return at.map((each) => visit(each, name));
    if (typeof at !== 'object' || at === null) return at;
    return Object.fromEntries(Object.entries(at).map(([key, each]) => [key, visit(each, key)]));
  };
  return visit(value, '') as T;
}

test('status, plan, check and errors show no escape sequence, and add no line', async (t) => {
  const plain = renderStatus(report()).split('\n').length;
  await fuzz(t, 200, evil, (text) => {
    const status = poisoned(report(), text);
    const shown = renderStatus(status, { wide: true });
    assert.doesNotMatch(shown, STEERS);
    assert.equal(shown.split('\n').length, plain);
    const plan: PlanReport = {
      schema: PLAN_SCHEMA,
      at: NOW,
      node: NODE,
      renewal: report().renewal,
      running: null,
      plan: null,
      decisions: [],
    };
    assert.doesNotMatch(renderPlan(poisoned(plan, text)), STEERS);
    const { line } = judge(scrub(status), { warning: parseRange('30')!, critical: parseRange('7')! }, NOW);
    assert.doesNotMatch(line, STEERS);
    assert.ok(!line.includes('\n'));
    const error = new CertagentError('USAGE', `about ${text}`, { remedy: `do ${text}`, cause: new Error(text) });
    assert.doesNotMatch(renderError(error), STEERS);
    assert.doesNotMatch(errorJson(error), STEERS);
    assert.equal(JSON.parse(errorJson(error)).error.remedy, `do ${text}`);
  });
});

const dispatch: Dispatch = {
  id: '00000000-0000-4000-8000-000000000000',
  at: NOW,
  node: { name: 'cp-1', distribution: 'kubeadm', role: 'control-plane' },
  notifications: [
    {
      status: 'raised',
      alert: {
        code: 'FILE_UNREADABLE',
        severity: 'warning',
        subject: 'files',
        text: 'Cannot be read: /a.',
        remedy: 'Look.',
        facts: { '/a': 'is empty' },
      },
      since: NOW,
    },
  ],
  allClear: false,
};

test('mails and webhooks carry none either, and a subject stays one line', async (t) => {
  await fuzz(t, 200, evil, (text) => {
    const given = poisoned(dispatch, text);
    const [notification] = given.notifications;
    notification!.alert.facts = { [`/a${text}`]: `is${text}` };
    const mail = renderEmail(given);
    assert.doesNotMatch(mail.subject, /\p{Cc}/u);
    for (const part of [mail.subject, mail.text, mail.html]) assert.doesNotMatch(part, STEERS);
    const safe = shown(given);
    const bodies = allBodies(safe);
    for (const body of bodies) assert.doesNotMatch(body, STEERS);
  });
});

test('the log is safe to look at, as JSON and as lines', async (t) => {
  await fuzz(t, 100, evil, (text) => {
    const out = Object.assign(new PassThrough(), { isTTY: true });
    makeLog({ level: 'info', format: 'auto' }, out as never).info(
      { path: text, nested: { a: [text] } },
      `about ${text}`,
    );
    assert.doesNotMatch(String(out.read()), STEERS);
  });
  const program = `import { makeLog } from ${JSON.stringify(new URL('../../src/host/logger.ts', import.meta.url).href)};
    makeLog({ level: 'info', format: 'auto' }).info({ path: process.argv[1] }, process.argv[1]);`;
  const text = EVIL.filter((each) => each !== '\u0000').join('');
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program, text], { encoding: 'utf8' });
  assert.doesNotMatch(stdout, STEERS);
  assert.equal(stdout.trim().split('\n').length, 1);
  assert.equal(JSON.parse(stdout).path, text);
});

test('a certificate with such a name is read, and its name is one line', async (t) => {
  await oddNames(t);
});

async function oddNames(t: TestContext): Promise<void> {
  const validity = { notBefore: NOW, notAfter: NOW + DAY };
  const ca = await issueAuthority({ commonName: 'ca', ...validity });
  for (const name of [
    'a\nO=system:masters',
    'a\u001b[31m',
    'a, O=system:masters',
    'a+O=x',
    'a"b',
    '\u202eb',
    '=',
    'O=x\u0000y',
  ]) {
    const { certificatePem } = await issueCertificate({
      ca,
      subject: { commonName: name },
      sans: ['a.example'],
      usages: ['client'],
      ...validity,
    });
    const { subject, organizations } = parseCertificate(certificatePem);
    assert.doesNotMatch(subject, /\p{Cc}/u, name);
    assert.deepEqual(organizations, [], name);
  }
  t.diagnostic('8 names');
}
