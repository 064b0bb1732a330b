// `certagent plan` and `certagent renew`.
import assert from 'node:assert/strict';
import { CertagentError } from '../../src/domain/model/errors.ts';
import type { PlanOutcome } from '../../src/domain/model/journal.ts';
import type { RenewalPlan } from '../../src/domain/model/plan.ts';
import type { RehearsalResult } from '../../src/domain/model/rehearsal.ts';
import { REHEARSAL_SCHEMA, type RehearsalReport } from '../../src/domain/model/rehearsal-report.ts';
import { PLAN_SCHEMA, type PlanReport } from '../../src/domain/model/status.ts';
import type { RehearsalJudgement } from '../../src/domain/plan/judge-rehearsal.ts';
import type { RehearseStep } from '../../src/domain/plan/steps/rehearse.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { PROGRESS } from '../control/support.ts';
import { NODE, NOW } from './reports.ts';
import { type Case, testCommandLines } from './support.ts';

const PLAN: RenewalPlan = {
  id: 'p',
  createdAt: NOW,
  distribution: 'k3s',
  certificates: ['client-admin', 'dynamic-cert'],
  why: 'client-admin expires in 20 d',
  oldExpired: false,
  steps: [{ kind: 'restart-unit', unit: 'k3s', limit: 300_000 }],
};
const DUE: PlanReport = {
  schema: PLAN_SCHEMA,
  at: NOW,
  node: NODE,
  renewal: { kind: 'now', ids: PLAN.certificates, why: PLAN.why },
  running: null,
  plan: PLAN,
  decisions: [],
};
const BLOCKED: PlanReport = {
  ...DUE,
  plan: null,
  renewal: {
    kind: 'blocked',
    ids: PLAN.certificates,
    blockers: [{ code: 'UNIT_MISSING', why: 'there is no k3s', remedy: 'Install it.' }],
  },
};
const KUBEADM = { ...NODE, distribution: 'kubeadm', role: 'control-plane' } as const;
const K3S = { ...NODE, distribution: 'k3s', role: 'server' } as const;
const FAILED: PlanOutcome = {
  planId: 'p',
  result: 'rolled-back',
  keptNew: false,
  error: { code: 'UNIT_RESTART_FAILED', message: 'k3s did not start', remedy: 'See its log.' },
  granted: [],
};

const facts = {
  subject: 'CN=kube-apiserver',
  keyType: 'EC P-256',
  sans: [],
  usages: [],
  notBefore: NOW,
  notAfter: NOW + 365 * DAY,
  chain: 1,
};
const RESULT: Extract<RehearsalResult, { kind: 'start' }> = {
  kind: 'start',
  readyAfter: 4_600,
  ending: null,
  limitReached: null,
  reason: null,
  certificates: [
    { id: 'client-admin', path: '/a', before: { ...facts, keyType: 'RSA 2048' }, after: facts, problem: null },
    { id: 'serving', path: '/s', before: facts, after: null, problem: { code: 'NOT_RENEWED', message: 'was not' } },
  ],
  authorities: [],
  kubeconfig: null,
  listener: null,
  measures: { duration: 12_000, copied: 7_000_000, peakMemory: 361 * 1024 ** 2 },
};
const STEP: RehearseStep = {
  kind: 'rehearse',
  rehearsal: {
    kind: 'command',
    calls: [],
    directories: ['/etc/kubernetes'],
    authorities: [],
    certificates: [],
    limit: 1,
    memory: 1,
  },
  cure: null,
  required: false,
  doubtful: 'stop',
};
const rehearsed = (
  verdict: RehearsalJudgement['verdict'],
  change: { results?: RehearsalResult[]; cure?: string; findings?: RehearsalJudgement['findings'] } = {},
): RehearsalReport => ({
  schema: REHEARSAL_SCHEMA,
  at: NOW,
  node: NODE,
  renewal: DUE.renewal,
  step: STEP,
  results: change.results ?? [RESULT],
  cure: change.cure ?? null,
  judgement: { verdict, findings: change.findings ?? [] },
});
const PROBLEM = { code: 'LISTENER_EXPIRED', weight: 'fails', what: 'the start hangs', remedy: 'Help it.' } as const;

const CASES: Case[] = [
  {
    what: 'a rehearsal: what would change, and what it cost',
    args: ['plan', '--rehearse'],
    daemon: { rehearse: async () => rehearsed('passed', { cure: '/tls/trigger' }) },
    exitCode: 0,
    stdout:
      /PASSED: the renewal would succeed\nWithout \/tls\/trigger the start was not ready[^\n]*\nReady after 4\.6 s\. Took 12\.0 s, 7 MiB copied, at most 361 MiB of memory\.\n\nWhat would change\n {2}CERTIFICATE .*\n {2}client-admin +renewed +EC P-256 \(was RSA 2048\) +2027-03-03, in 365 d +CN=kube-apiserver\n {2}serving +NOT_RENEWED +- +- +-\n\nNothing on the node was changed\./,
  },
  {
    what: 'a rehearsal that speaks against the renewal',
    args: ['plan', '--rehearse', '--force'],
    daemon: { rehearse: async ({ force }) => rehearsed(force ? 'failed' : 'passed', { findings: [PROBLEM] }) },
    exitCode: 5,
    stdout: /FAILED: .*[\s\S]*Problem: the start hangs \(LISTENER_EXPIRED\)\n {2}What to do: Help it\./,
  },
  {
    what: 'a rehearsal that was not possible',
    args: ['plan', '--rehearse'],
    daemon: {
      rehearse: async () => rehearsed('impossible', { results: [{ kind: 'impossible', why: 'no room' }] }),
    },
    exitCode: 6,
    stdout: /NOT POSSIBLE/,
  },
  {
    what: 'a node that has nothing to rehearse',
    args: ['plan', '--rehearse'],
    exitCode: 6,
    stdout: /\nNothing was rehearsed: this is a test\.\n$/,
    stderr: /Back up/,
  },
  {
    what: 'a rehearsal as JSON',
    args: ['plan', '--rehearse', '-o', 'json'],
    daemon: { rehearse: async () => rehearsed('doubtful') },
    exitCode: 5,
    stdout: /^\{\n {2}"schema": "certagent\.rehearsal\/v2"/,
  },
  {
    what: 'a plan that is not rehearsed says why',
    args: ['plan'],
    daemon: { plan: async () => ({ ...DUE, plan: { ...PLAN, notRehearsed: 'no sandbox' } }) },
    exitCode: 0,
    stdout: /\nNot rehearsed before: no sandbox\.\n/,
  },
  {
    what: 'a plan',
    args: ['plan'],
    daemon: { plan: async () => DUE },
    exitCode: 0,
    stdout: / 1\. systemctl restart k3s\n/,
  },
  {
    what: 'a plan of K3s says what a restart of this version renews',
    args: ['plan'],
    daemon: {
      plan: async () => ({ ...DUE, node: { ...NODE, distribution: 'k3s', role: 'server', version: 'v1.32.3+k3s1' } }),
    },
    exitCode: 0,
    stdout:
      /\nA restart of K3s v1\.32\.3\+k3s1 renews certificates in the last 90 d before they expire, and those in agent\//,
  },
  {
    what: 'a plan for a renewal by hand asks for that',
    args: ['plan', '--force'],
    daemon: { plan: async (request) => (request?.force === true ? DUE : BLOCKED) },
    exitCode: 0,
    stdout: /What would run \(1 steps?\)/,
  },
  {
    what: 'a renewal, step by step',
    args: ['renew', '--yes'],
    daemon: { plan: async () => DUE },
    exitCode: 0,
    stdout:
      /Renewed one certificate \(apiserver\); the servers serve the new certificates\.\n {2}apiserver now expires 2026-03-03/,
    stderr: /^\[1\/2\] Back up\n {6}done\n$/,
  },
  {
    what: 'a renewal as JSON',
    args: ['renew', '--yes', '-o', 'json'],
    daemon: { plan: async () => DUE, renew: async () => FAILED },
    exitCode: 1,
    stdout:
      /^\{\n {2}"schema": "certagent\.renew\/v2",\n {2}"at": "[\dT:-]+Z",[\s\S]*"plan": \{[\s\S]*"planId": "p",[\s\S]*"code": "UNIT_RESTART_FAILED"[\s\S]*"result": "rolled-back"/,
  },
  {
    what: 'a blocked renewal as JSON: the same form',
    args: ['renew', '-o', 'json'],
    daemon: { plan: async () => BLOCKED },
    exitCode: 4,
    stdout:
      /^\{\n {2}"schema": "certagent\.renew\/v2",[\s\S]*"plan": null,[\s\S]*"code": "UNIT_MISSING",[\s\S]*"result": "blocked"/,
  },
  {
    what: 'nothing due as JSON: the same form',
    args: ['renew', '-o', 'json'],
    daemon: { plan: async () => ({ ...DUE, renewal: { kind: 'none', nextAt: null }, plan: null }) },
    exitCode: 0,
    stdout: /^\{\n {2}"schema": "certagent\.renew\/v2",[\s\S]*"error": null,[\s\S]*"result": "nothing-due"/,
  },
  {
    what: 'a renewal that failed',
    args: ['renew', '--yes'],
    daemon: { plan: async () => DUE, renew: async () => FAILED },
    exitCode: 1,
    stdout: /rolled back.*\nWhy: k3s did not start \(UNIT_RESTART_FAILED\)\nWhat to do: See its log\./,
  },
  {
    what: 'a blocked renewal',
    args: ['renew'],
    daemon: { plan: async () => BLOCKED },
    exitCode: 4,
    stdout: /UNIT_MISSING: there is no k3s\n +What to do: Install it/,
  },
  {
    what: 'a renewal that is blocked in the last moment',
    args: ['renew', '--yes'],
    daemon: {
      plan: async () => DUE,
      renew: async () => {
        throw new CertagentError('RENEWAL_BLOCKED', 'nothing was touched');
      },
    },
    exitCode: 4,
    stderr: /certagent: nothing was touched \(RENEWAL_BLOCKED\)/,
  },
  {
    what: 'a renewal while another is under way, which nothing else is said of',
    args: ['renew', '--yes'],
    daemon: { plan: async () => ({ ...BLOCKED, running: PROGRESS }) },
    exitCode: 4,
    stdout: /\nRenewal: under way, step 1 of 2: Back up\nTo watch it: certagent status --watch\n$/,
  },
  {
    what: 'a renewal where nobody can be asked',
    args: ['renew'],
    daemon: { plan: async () => DUE, renew: () => assert.fail('it renewed') },
    exitCode: 2,
    stderr: /cannot ask without a terminal[\s\S]*--yes/,
  },
  {
    what: 'the same as JSON',
    args: ['renew', '-o', 'json'],
    daemon: { plan: async () => DUE, renew: () => assert.fail('it renewed') },
    exitCode: 2,
    stdout: /"schema": "certagent\.renew\/v2",[\s\S]*"planId": null,[\s\S]*"code": "USAGE"[\s\S]*"result": "error"/,
    stderr: /^\{"error":\{"code":"USAGE"/,
  },
  {
    what: 'named certificates: the daemon is asked for these alone',
    args: ['renew', 'apiserver', 'admin.conf', 'apiserver', '--yes'],
    daemon: {
      plan: async (request) => {
        assert.deepEqual(request, { force: false, only: ['apiserver', 'admin.conf'] });
        return { ...DUE, node: KUBEADM, plan: { ...PLAN, certificates: ['admin.conf', 'apiserver'] } };
      },
      renew: async (request) => {
        assert.deepEqual(request, { force: false, only: ['apiserver', 'admin.conf'], accepts: false });
        return { ...FAILED, result: 'succeeded', error: null };
      },
    },
    exitCode: 0,
    stdout: /Renews admin\.conf, apiserver\.\n/,
  },
  {
    what: 'a named certificate beside a daemon of an earlier version, which would renew all',
    args: ['renew', 'apiserver', '--yes'],
    daemon: { plan: async () => ({ ...DUE, node: KUBEADM }), renew: () => assert.fail('it renewed') },
    exitCode: 1,
    stderr: /would renew more than was named \(DAEMON_ANSWER\)\nWhat to do: Restart it/,
  },
  {
    what: 'a named certificate of K3s: what else the restart renews',
    args: ['renew', 'client-admin', '--yes'],
    daemon: { plan: async () => ({ ...DUE, node: K3S }) },
    exitCode: 0,
    stdout: /\nK3s cannot renew one certificate alone: .* Here it also renews dynamic-cert\.\n/,
    stderr: /Back up/,
  },
  { what: 'nothing to renew', args: ['renew'], exitCode: 0, stdout: /Nothing would run now/ },
];

testCommandLines(CASES);
