import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../../src/domain/decide/decide.ts';
import type { StartReason } from '../../../src/domain/distributions/start-reasons.ts';
import type { Rehearsal, RehearsalResult } from '../../../src/domain/model/rehearsal.ts';
import { curedRehearsal, judgeRehearsal } from '../../../src/domain/plan/judge-rehearsal.ts';
import { makeRehearsal } from '../../../src/domain/plan/planner.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { NO_HISTORY, NOW, policyOf, SETTINGS, withCertificate } from '../../support/inventory.ts';
import { called, controlPlane, facts, k3sServer, ready, renewedCertificate } from './rehearsal-parts.ts';

function rehearsalOn(inventory: ReturnType<typeof k3sServer>) {
  const request = { kind: 'manual', force: false } as const;
  const decisions = decide({ inventory, policy: policyOf(), history: NO_HISTORY, now: NOW, request });
  const found = makeRehearsal({ inventory, decisions, settings: SETTINGS, planId: 'p', now: NOW });
  assert.ok(found.step !== null);
  return found.step;
}

const CA = { path: '/ca.crt', keyPath: '/ca.key', fingerprint: 'f', mustBeRestored: false };
const SERVER: Rehearsal = { ...rehearsalOn(k3sServer()).rehearsal, authorities: [CA] };
const LACKING: Rehearsal = { ...SERVER, authorities: [{ ...CA, mustBeRestored: true }] };
const KUBEADM: Rehearsal = { ...rehearsalOn(controlPlane()).rehearsal, authorities: [] };
const HANGS: StartReason = {
  code: 'LISTENER_EXPIRED',
  why: 'it waits for its own listener',
  remedy: 'Create the file.',
  blocks: false,
  times: 4,
};
const notReady = { readyAfter: null, ending: 'k3s exited with 1' };

const TABLE: [what: string, verdict: string, codes: string[], Rehearsal, RehearsalResult][] = [
  ['a start that is ready', 'passed', [], SERVER, ready()],
  ['no sandbox', 'impossible', ['NO_REHEARSAL'], SERVER, { kind: 'impossible', why: 'no namespaces' }],
  [
    'a start that needs more memory',
    'impossible',
    ['NO_REHEARSAL'],
    SERVER,
    ready({ ...notReady, limitReached: 'memory' }),
  ],
  ['a limit that was reached later', 'passed', [], SERVER, ready({ limitReached: 'memory' })],
  ['a start that waits for itself', 'failed', ['LISTENER_EXPIRED'], SERVER, ready({ ...notReady, reason: HANGS })],
  ['a start that ends, nobody knows why', 'doubtful', ['START_UNEXPLAINED'], SERVER, ready(notReady)],
  [
    'a start that is never ready',
    'doubtful',
    ['START_UNEXPLAINED'],
    SERVER,
    ready({ readyAfter: null, limitReached: 'time' }),
  ],
  [
    'the same CA again',
    'passed',
    ['CA_RESTORED'],
    SERVER,
    ready({ authorities: [{ path: '/ca.crt', state: 'restored' }] }),
  ],
  ['another CA', 'failed', ['CA_REPLACED'], SERVER, ready({ authorities: [{ path: '/ca.crt', state: 'replaced' }] })],
  [
    'a CA that stays away',
    'failed',
    ['CA_MISSING'],
    SERVER,
    ready({ authorities: [{ path: '/ca.crt', state: 'missing' }] }),
  ],
  ['a CA of which nothing is known', 'failed', ['CA_MISSING'], SERVER, ready({ authorities: [] })],
  ['a CA whose key stays away', 'failed', ['CA_MISSING'], LACKING, ready()],
  [
    'the CA that the renewal depends on',
    'passed',
    ['CA_RESTORED'],
    LACKING,
    ready({ authorities: [{ path: '/ca.crt', state: 'restored' }] }),
  ],
  [
    'a start that ends with another CA',
    'failed',
    ['START_UNEXPLAINED', 'CA_REPLACED'],
    SERVER,
    ready({ ...notReady, authorities: [{ path: '/ca.crt', state: 'replaced' }] }),
  ],
  [
    'a leaf that was passed over',
    'failed',
    ['NOT_RENEWED'],
    SERVER,
    ready({ certificates: [renewedCertificate({ problem: { code: 'NOT_RENEWED', message: 'it was not renewed' } })] }),
  ],
  ['a kubeconfig that is refused', 'failed', ['KUBECONFIG_REFUSED'], SERVER, ready({ kubeconfig: 'HTTP 401' })],
  ['a listener with an expired one', 'failed', ['LISTENER_REFUSED'], SERVER, ready({ listener: 'it has expired' })],
  ['kubeadm that renews', 'passed', [], KUBEADM, called()],
  [
    'kubeadm that refuses a file',
    'failed',
    ['KUBEADM_FAILED'],
    KUBEADM,
    called({ calls: [{ id: 'apiserver', exitCode: 1, timedOut: false, said: 'wanted one', usedDefaults: false }] }),
  ],
  [
    'kubeadm that refuses a file, and one that it passed over before',
    'failed',
    ['KUBEADM_FAILED', 'NOT_RENEWED'],
    KUBEADM,
    called({
      calls: [
        { id: 'admin.conf', exitCode: 0, timedOut: false, said: null, usedDefaults: false },
        { id: 'apiserver', exitCode: 1, timedOut: false, said: null, usedDefaults: false },
      ],
      certificates: ['admin.conf', 'apiserver', 'scheduler.conf'].map((id) =>
        renewedCertificate({ id, problem: { code: 'NOT_RENEWED', message: 'it was not renewed' } }),
      ),
    }),
  ],
  [
    'kubeadm that is killed',
    'failed',
    ['KUBEADM_FAILED'],
    KUBEADM,
    called({ calls: [{ id: 'apiserver', exitCode: null, timedOut: false, said: null, usedDefaults: false }] }),
  ],
  [
    'kubeadm that hangs',
    'failed',
    ['KUBEADM_TIMEOUT'],
    KUBEADM,
    called({ calls: [{ id: 'apiserver', exitCode: null, timedOut: true, said: null, usedDefaults: false }] }),
  ],
  [
    'a chain that is cut',
    'passed',
    ['CHAIN_CUT'],
    KUBEADM,
    called({ certificates: [renewedCertificate({ before: facts({ chain: 2 }) })] }),
  ],
  [
    "kubeadm's default key",
    'doubtful',
    ['KEY_TYPE_CHANGED'],
    KUBEADM,
    called({ certificates: [renewedCertificate({ after: facts({ keyType: 'RSA 2048' }) })] }),
  ],
  [
    'a certificate that is gone',
    'failed',
    ['ENOENT'],
    KUBEADM,
    called({ certificates: [renewedCertificate({ after: null, problem: { code: 'ENOENT', message: 'is gone' } })] }),
  ],
  ['one that was not there', 'passed', [], KUBEADM, called({ certificates: [renewedCertificate({ before: null })] })],
];

for (const [what, verdict, codes, rehearsal, result] of TABLE) {
  test(`a rehearsal shows ${what}: ${verdict}`, () => {
    const judgement = judgeRehearsal(rehearsal, result);
    assert.equal(judgement.verdict, verdict);
    assert.deepEqual(
      judgement.findings.map(({ code }) => code),
      codes,
    );
  });
}

test('what is found says what to do, where somebody can do something', () => {
  const [hangs] = judgeRehearsal(SERVER, ready({ ...notReady, reason: HANGS })).findings;
  assert.match(hangs!.what, /would not succeed; its log says: it waits for its own listener \(LISTENER_EXPIRED\)/);
  assert.equal(hangs!.remedy, HANGS.remedy);
  const said = { id: 'apiserver', exitCode: 1, timedOut: false, said: 'wanted one', usedDefaults: false };
  assert.match(
    judgeRehearsal(KUBEADM, called({ calls: [said] })).findings[0]!.what,
    /exited with 1 and said "wanted one"/,
  );
  const killed = { ...said, exitCode: null, said: null };
  assert.match(judgeRehearsal(KUBEADM, called({ calls: [killed] })).findings[0]!.what, /it exited with a signal$/);
  assert.match(judgeRehearsal(SERVER, ready({ readyAfter: null })).findings[0]!.what, /: it was not ready$/);
});

test("kubeadm's default lifetime is seen where another was granted", () => {
  const short = withCertificate(controlPlane(20), 'apiserver', {
    certificate: { notBefore: NOW - 40 * DAY, notAfter: NOW + 20 * DAY },
  });
  const rehearsal = { ...rehearsalOn(short).rehearsal, authorities: [] };
  const judgement = judgeRehearsal(rehearsal, called());
  assert.deepEqual(
    judgement.findings.map(({ code }) => code),
    ['LIFETIME_CHANGED'],
  );
});

test('the second rehearsal: only for a start that waits for its own expired listener', () => {
  const cure = '/tls/dynamic-cert-regenerate';
  const hangs = ready({ ...notReady, reason: HANGS });
  assert.deepEqual(curedRehearsal(SERVER, cure, hangs), { ...SERVER, trigger: cure });
  assert.equal(curedRehearsal(SERVER, null, hangs), null);
  assert.equal(curedRehearsal({ ...SERVER, trigger: cure } as Rehearsal, cure, hangs), null);
  assert.equal(curedRehearsal(SERVER, cure, ready({ reason: HANGS })), null);
  assert.equal(curedRehearsal(SERVER, cure, ready({ ...notReady, reason: { ...HANGS, code: 'LEADER_LOST' } })), null);
  assert.equal(curedRehearsal(SERVER, cure, ready(notReady)), null);
  assert.equal(curedRehearsal(SERVER, cure, { kind: 'impossible', why: '' }), null);
  assert.equal(curedRehearsal(KUBEADM, cure, called()), null);
});
