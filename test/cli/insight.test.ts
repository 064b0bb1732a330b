// `certagent explain`, `doctor`, `logs` and `history PLAN`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderAttempt } from '../../src/cli/render/attempt.ts';
import { renderDiagnosis } from '../../src/cli/render/doctor.ts';
import { renderCertificate } from '../../src/cli/render/explained-certificate.ts';
import { explainCertificate } from '../../src/domain/decide/explain-certificate.ts';
import { CertagentError } from '../../src/domain/model/errors.ts';
import type { CertificateExplanation } from '../../src/domain/model/explanation.ts';
import { ATTEMPT_SCHEMA, type AttemptReport } from '../../src/domain/plan/attempt-report.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { temporaryRoot } from '../control/support.ts';
import {
  addCertificate,
  inventoryOf,
  NO_HISTORY,
  NODE_KINDS,
  NOW,
  policyOf,
  withPreconditions,
} from '../support/inventory.ts';
import { HISTORY } from './reports.ts';
import { type Case, certagent, testCommandLines } from './support.ts';

function explanation(inventory = inventoryOf('kubeadm', { days: 60 }), id = 'apiserver'): CertificateExplanation {
  const input = {
    inventory,
    policy: policyOf(),
    history: NO_HISTORY,
    now: NOW,
    request: { kind: 'schedule' } as const,
  };
  return explainCertificate(id, input, { alerts: [], silences: [] })!;
}

const ATTEMPT: AttemptReport = {
  schema: ATTEMPT_SCHEMA,
  attempt: { ...HISTORY.attempts[0]!, planId: 'p2' },
  why: 'apiserver expires in 20 d',
  certificates: ['apiserver'],
  steps: [
    {
      title: 'back up',
      state: 'done',
      startedAt: 1,
      endedAt: 5_001,
      detail: '3 files',
      error: null,
      undone: { at: 9, error: null },
    },
    {
      title: 'kubeadm certs renew apiserver',
      state: 'failed',
      startedAt: 2,
      endedAt: 3,
      detail: '',
      error: { code: 'KUBEADM_FAILED', message: 'it exited with 1' },
      undone: { at: 9, error: { code: 'UNDO_FAILED', message: 'no backup' } },
    },
    { title: 'verify', state: 'not-run', startedAt: null, endedAt: null, detail: '', error: null, undone: null },
  ],
};

const CASES: Case[] = [
  {
    what: 'explain: a certificate',
    args: ['explain', 'apiserver'],
    daemon: {
      explain: async ({ name }) => {
        assert.equal(name, 'apiserver');
        return explanation();
      },
    },
    exitCode: 0,
    stdout:
      /^apiserver expires on .*, in 60 d\n\nDecision\n {2}Renewed by +certagent, with kubeadm\n {2}Now +renewed .*MAINTENANCE_WINDOW[\s\S]*\nWhat prevents a renewal: nothing\n[\s\S]*Decided by +MAINTENANCE_WINDOW: /,
  },
  {
    what: 'explain as JSON',
    args: ['explain', 'apiserver', '-o', 'json'],
    daemon: { explain: async () => explanation() },
    exitCode: 0,
    stdout: /^\{\n {2}"schema": "certagent\.explain\/v2"/,
  },
  {
    what: 'explain: a name with letters that an address would not hold',
    args: ['explain', '/home/alice/.kube/config&x=ä'],
    daemon: {
      explain: async ({ name }) => {
        throw new CertagentError('CERTIFICATE_UNKNOWN', `seen ${name}`);
      },
    },
    exitCode: 1,
    stderr: /seen \/home\/alice\/\.kube\/config&x=ä \(CERTIFICATE_UNKNOWN\)\nWhat to do: /,
  },
  { what: 'explain without a name: the names', args: ['explain'], exitCode: 0, stdout: /^\S+\n(\S+\n)*$/ },
  {
    what: 'explain: a code, whatever its case',
    args: ['explain', 'renewal_blocked'],
    exitCode: 0,
    stdout: /^RENEWAL_BLOCKED: an alert\n[\s\S]*alerts\/RENEWAL_BLOCKED\.md\n[\s\S]*\nRENEWAL_BLOCKED: an error\n/,
  },
  {
    what: 'explain: a code as JSON',
    args: ['explain', 'DUE', '-o', 'json'],
    exitCode: 0,
    stdout: /"reason": \{\n +"meaning"/,
  },
  {
    what: 'explain: a code that is misspelt',
    args: ['explain', 'RENEWAL_BLOKED'],
    exitCode: 1,
    stderr: /Did you mean RENEWAL_BLOCKED\?/,
  },
  {
    what: 'history: one renewal step by step',
    args: ['history', 'p2'],
    daemon: {
      attempt: async ({ plan }) => {
        assert.equal(plan, 'p2');
        return ATTEMPT;
      },
    },
    exitCode: 0,
    stdout:
      /\n2 +FAILED +0 s +kubeadm certs renew apiserver; it exited with 1 \(KUBEADM_FAILED\); NOT undone: no backup \(UNDO_FAILED\)\n3 +not run/,
  },
  {
    what: 'history: one as JSON',
    args: ['history', 'p2', '-o', 'json'],
    daemon: { attempt: async () => ATTEMPT },
    exitCode: 0,
    stdout: /"schema": "certagent\.attempt\/v2"/,
  },
  {
    what: 'history: an unknown plan',
    args: ['history', 'p9'],
    exitCode: 1,
    stderr: /no plan p9 \(PLAN_UNKNOWN\)\n.*certagent history/,
  },
  {
    what: 'logs of an image',
    args: ['logs'],
    exitCode: 1,
    stderr: /\(NO_JOURNAL\)\nWhat to do: .*journalctl --root \/.* -u certagent/,
  },
  { what: 'logs of a plan that is not there', args: ['logs', '--plan', 'p9'], exitCode: 1, stderr: /PLAN_UNKNOWN/ },
  {
    what: 'logs of a priority that is none',
    args: ['logs', '-p', 'loud'],
    exitCode: 2,
    stderr: /no priority "loud"[\s\S]*err, warning/,
  },
];

testCommandLines(CASES);

test('certagent alone prints the help', async (t) => {
  const ran = await certagent(await temporaryRoot(t), []);
  assert.deepEqual([ran.exitCode, ran.stderr], [0, '']);
  for (const command of ['explain', 'doctor', 'logs', 'renew'])
    assert.match(ran.stdout, new RegExp(`^ {2}${command} `, 'm'));
});

/** At 80 columns no line is wider, whatever the node and the certificate. */
for (const kind of NODE_KINDS)
  test(`explain fits 80 columns: every certificate of ${kind}`, () => {
    for (const days of [-5, 20, 60, 200]) {
      const inventory = addCertificate(inventoryOf(kind, { days }), 'ingress', days);
      for (const { id, place } of inventory.certificates) {
        const text = renderCertificate(explanation(inventory, id), { width: 80 });
        for (const line of text.split('\n'))
          assert.ok(line.length <= 80 || line.includes(place.path), `${line.length} columns: ${line}`);
        assert.match(text, /\n {2}Renewed by /);
      }
    }
  });

test('explain names what prevents a renewal, with what to do, and a server that serves another', () => {
  const node = withPreconditions(inventoryOf('kubeadm', { days: 20 }), { tool: null });
  const served = node.served.map((one) => ({
    ...one,
    state: 'stale' as const,
    certificate: { serial: 'AB', fingerprint: 'x', notAfter: NOW + DAY, subject: 's' },
  }));
  const text = renderCertificate(explanation({ ...node, served }));
  assert.match(text, /\nWhat prevents a renewal\n {2}KUBEADM_MISSING: .*\n {4}What to do: /);
  assert.match(text, /which serves ANOTHER: AB, expires/);
  assert.match(text, /due \(expires in 20 d\), and blocked/);
});

test('in observe mode explain promises no renewal: it says what would happen in mode renew', () => {
  const seen = { ...explanation(), mode: 'observe' } as const;
  assert.equal(seen.decision.verdict.kind, 'defer');
  const text = renderCertificate(seen);
  assert.match(text, /\n {2}Now +only observed; in mode "renew" it would be renewed .*MAINTENANCE_WINDOW/);
  assert.match(text, /\n {2}Would renew at +\S/);
  assert.doesNotMatch(text, /\bRenewed at\b|: renewed|Now +renewed/);
  assert.match(renderCertificate(explanation()), /\n {2}Now +renewed [\s\S]*\n {2}Renewed at +\S/);
});

test('explain promises no renewal that the mode or a blocker prevents, and speaks of a restart only where one renews', () => {
  const renewal = { ids: ['apiserver'], why: 'w', until: NOW + DAY, blockers: [] };
  const observing = renderCertificate({
    ...explanation(),
    mode: 'observe',
    renewal: { ...renewal, kind: 'observing' },
  });
  assert.match(observing, /\n {2}Now +only observed; in mode "renew" it would be renewed .*MAINTENANCE_WINDOW/);
  const [blocker] = explanation(withPreconditions(inventoryOf('kubeadm', { days: 20 }), { tool: null })).blockers;
  const both = renderCertificate({
    ...explanation(),
    renewal: { ...renewal, kind: 'observing', blockers: [blocker!] },
  });
  assert.match(both, /\n {2}Now +only observed, and in mode "renew" it would be blocked: expires/);
  const blocked = renderCertificate({ ...explanation(), renewal: { kind: 'blocked', ids: [], blockers: [blocker!] } });
  assert.match(blocked, /\n {2}Now +due later \(expires in 60 d.*\), and blocked\n/);
  assert.doesNotMatch(observing, /A restart/);
  assert.match(
    renderCertificate(explanation(inventoryOf('k3s-server', { days: 60 }), 'client-admin')),
    /\n {2}A restart +of k3s/,
  );
});

test('explain says whether K3s restarts where renew.k3s is "in-place"', () => {
  const seen = explanation(inventoryOf('k3s-server', { days: 60 }), 'client-admin');
  const text = (inPlace: NonNullable<CertificateExplanation['inPlace']>) => renderCertificate({ ...seen, inPlace });
  assert.match(text({ restart: null }), /Renewed by +certagent, in place\n {2}Restart +not needed \(renew\.k3s/);
  assert.match(text({ restart: null, byNode: true }), /Renewed by +k3s itself, while it runs\n/);
  assert.match(
    text({ restart: 'w' }),
    /by a restart of k3s\n {2}Restart +needed, although renew\.k3s is "in-place": w\n/,
  );
  assert.doesNotMatch(renderCertificate(seen), /\n {2}Restart /);
});

test("explain says that a user's own certificate is requested from the cluster", () => {
  const seen = explanation(addCertificate(inventoryOf('kubeadm', { days: 60 }), 'k', 60), 'k');
  const copy = { ...seen, certificate: { ...seen.certificate, owner: 'copy' as const } };
  const rules = [{ code: 'USER_CERTIFICATE' as const, meaning: 'm', decides: true }];
  assert.match(
    renderCertificate({ ...copy, rules }),
    /Renewed by +certagent, which requests a new one from the cluster/,
  );
  assert.match(renderCertificate(copy), /Renewed by +certagent, which copies the node's own kubeconfig/);
});

test('a step by step history and a diagnosis fit 80 columns', () => {
  const diagnosis = renderDiagnosis(
    {
      schema: 'certagent.doctor/v1',
      at: NOW,
      version: '1',
      state: 'fails',
      results: [
        { check: 'sinks', state: 'fails', what: 'w '.repeat(80).trim(), remedy: 'r '.repeat(80).trim() },
        { check: 'sinks', state: 'warning', what: 'w', remedy: null },
      ],
    },
    { width: 80 },
  );
  assert.match(diagnosis, /1 of 2 would fail at the next renewal or alert; 1 warning\.\n$/);
  for (const text of [diagnosis, renderAttempt(ATTEMPT, 'UTC', { width: 80 })])
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
});
