// `certagent plan` and `certagent renew`.
import assert from 'node:assert/strict';
import { CertagentError } from '../../src/domain/model/errors.ts';
import type { PlanOutcome } from '../../src/domain/model/journal.ts';
import type { RenewalPlan } from '../../src/domain/model/plan.ts';
import { PLAN_SCHEMA, type PlanReport } from '../../src/domain/model/status.ts';
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
const FAILED: PlanOutcome = {
  planId: 'p',
  result: 'rolled-back',
  keptNew: false,
  error: { code: 'UNIT_RESTART_FAILED', message: 'k3s did not start', remedy: 'See its log.' },
  granted: [],
};

const CASES: Case[] = [
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
    stdout: /^\{\n {2}"planId": "p",\n {2}"result": "rolled-back"/,
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
    stderr: /^\{"error":\{"code":"USAGE"/,
  },
  { what: 'nothing to renew', args: ['renew'], exitCode: 0, stdout: /Nothing would run now/ },
];

testCommandLines(CASES);
