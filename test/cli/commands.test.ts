import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/catalogue.ts';
import { renderStatus } from '../../src/cli/render/status.ts';
import type { ControlHandlers } from '../../src/control/handlers.ts';
import { CertagentError } from '../../src/domain/errors.ts';
import type { PlanOutcome } from '../../src/domain/journal.ts';
import type { RenewalPlan } from '../../src/domain/plan.ts';
import { PLAN_SCHEMA, type PlanReport } from '../../src/domain/status.ts';
import { CONFIG_FILE } from '../../src/host/root.ts';
import { served, temporaryRoot } from '../control/support.ts';
import { copy, NODE, NOW, report } from './reports.ts';
import { certagent } from './support.ts';

const PLAN: RenewalPlan = {
  id: 'p',
  createdAt: NOW,
  distribution: 'k3s',
  certificates: ['client-admin', 'dynamic-cert'],
  why: 'client-admin ends in 20 d',
  oldExpired: false,
  steps: [{ kind: 'restart-unit', unit: 'k3s', limit: 300_000 }],
};
const DUE: PlanReport = {
  schema: PLAN_SCHEMA,
  at: NOW,
  node: NODE,
  renewal: { kind: 'now', ids: PLAN.certificates, why: PLAN.why },
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

type Case = {
  what: string;
  args: string[];
  daemon?: Partial<ControlHandlers>;
  exitCode: number;
  stdout?: RegExp;
  stderr?: RegExp;
};

const CASES: Case[] = [
  {
    what: 'status as JSON is the report',
    args: ['status', '-o', 'json'],
    exitCode: 0,
    stdout: /"schema": "certagent.status\/v1"/,
  },
  { what: 'wide status', args: ['-o', 'wide', 'status'], exitCode: 0, stdout: /SERIAL +ISSUER/ },
  {
    what: 'wide is for status alone',
    args: ['plan', '-o', 'wide'],
    exitCode: 2,
    stderr: /-o wide is no output of plan/,
  },
  {
    what: 'check',
    args: ['check'],
    daemon: { status: async () => report({ at: Date.now(), nextCheckAt: null }) },
    exitCode: 2,
    stdout: /^CERTAGENT CRITICAL - apiserver has expired; .* \| days_left=-\d+;30:;7: .*\n$/,
  },
  {
    what: 'check with a wrong limit',
    args: ['check', '--warning', 'soon'],
    exitCode: 3,
    stdout: /^CERTAGENT UNKNOWN - --warning soon/,
  },
  {
    what: 'check with an unknown option',
    args: ['check', '--warn', '3'],
    exitCode: 3,
    stdout: /^CERTAGENT UNKNOWN - unknown option/,
  },
  {
    what: 'a plan',
    args: ['plan'],
    daemon: { plan: async () => DUE },
    exitCode: 0,
    stdout: / 1\. systemctl restart k3s\n/,
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
    stdout: /Renewed one certificate \(apiserver\); the servers serve them\.\n {2}apiserver now ends 2026-03-03/,
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
    args: ['renew'],
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
    args: ['renew'],
    daemon: {
      plan: async () => DUE,
      renew: async () => {
        throw new CertagentError('RENEWAL_BLOCKED', 'nothing was touched');
      },
    },
    exitCode: 4,
    stderr: /certagent: nothing was touched \(RENEWAL_BLOCKED\)/,
  },
  { what: 'nothing to renew', args: ['renew'], exitCode: 0, stdout: /Nothing would run now/ },
  {
    what: 'sync',
    args: ['sync', '-n'],
    daemon: {
      sync: async ({ dryRun }) => [copy('a', dryRun ? 'refused' : 'current', 'is a symbolic link')],
    },
    exitCode: 1,
    stdout: /nothing was changed.*\n +\/home\/a\/\.kube\/config +a +refused +is a symbolic link/,
  },
  {
    what: 'history',
    args: ['history'],
    exitCode: 0,
    stdout: /2025-03-03 14:30, by hand, succeeded after 48 s: one certificate/,
  },
  { what: 'history as JSON', args: ['history', '-o', 'json'], exitCode: 0, stdout: /"planId": "p2"/ },
  { what: 'reload', args: ['reload'], exitCode: 0, stdout: /in force/ },
  {
    what: 'a refused reload',
    args: ['reload'],
    daemon: {
      reload: async () => {
        throw new CertagentError('CONFIG_REFUSED', 'it is refused:\n  line 3: x', { remedy: 'Correct the file.' });
      },
    },
    exitCode: 1,
    stderr: /^certagent: it is refused: \(CONFIG_REFUSED\)\n {2}line 3: x\nWhat to do: Correct the file\.\n$/,
  },
  {
    what: 'an error as JSON',
    args: ['reload', '-o', 'json'],
    daemon: {
      reload: async () => {
        throw new CertagentError('CONFIG_REFUSED', 'refused', { remedy: 'Correct it.' });
      },
    },
    exitCode: 1,
    stderr: /^\{"error":\{"code":"CONFIG_REFUSED","message":"refused","remedy":"Correct it\."\}\}\n$/,
  },
  {
    what: 'alerts tried',
    args: ['alert', 'test'],
    daemon: {
      testAlerts: async () => [
        { sink: 'mail', ok: true, detail: '250 OK' },
        { sink: 'chat', ok: false, detail: 'HTTP 500' },
      ],
    },
    exitCode: 1,
    stdout: /mail +accepted +250 OK\nchat +FAILED +HTTP 500/,
  },
  { what: 'alerts tried without a sink', args: ['alert', 'test'], exitCode: 1, stderr: /NO_SINKS/ },
  {
    what: 'an unknown command',
    args: ['stauts'],
    exitCode: 2,
    stderr: /unknown command 'stauts' \(Did you mean status\?\)/,
  },
  {
    what: 'an unknown option',
    args: ['renew', '--forse'],
    exitCode: 2,
    stderr: /Did you mean --force\?\).*\n.*certagent renew --help/,
  },
  { what: 'a word too many', args: ['status', 'now'], exitCode: 2, stderr: /too many arguments/ },
  { what: 'no command', args: [], exitCode: 2, stderr: /certagent --help/ },
  { what: 'the version', args: ['--version'], exitCode: 0, stdout: /^\d+\.\d+\.\d+\n$/ },
];

for (const { what, args, daemon, exitCode, stdout = /^/, stderr = /^$/ } of CASES) {
  test(`command line: ${what}`, async (t) => {
    const ran = await certagent(await served(t, daemon), args);
    assert.match(ran.stderr, stderr);
    assert.match(ran.stdout, stdout);
    assert.equal(ran.exitCode, exitCode);
  });
}

test('status prints what the daemon saw last', async (t) => {
  const ran = await certagent(await served(t), ['status']);
  assert.deepEqual(ran, { exitCode: 0, stdout: renderStatus(report()), stderr: '' });
});

test('status --watch draws again and again', async (t) => {
  let asked = 0;
  const root = await served(t, {
    status: async () => {
      asked += 1;
      return report();
    },
  });
  const ran = await certagent(root, ['status', '--watch'], (text) => text.split('cp-1:').length > 2);
  assert.ok(asked >= 2);
  assert.equal(ran.stderr, '');
});

test('reload without a daemon says so by its exit code', async (t) => {
  const ran = await certagent(await temporaryRoot(t), ['reload']);
  assert.equal(ran.exitCode, 3);
  assert.match(ran.stderr, /NO_DAEMON\)\nWhat to do: Start it/);
});

test('every command has examples and exit codes, and help prints them', async (t) => {
  for (const { name, examples, exitCodes } of COMMANDS) {
    assert.ok(examples.length > 0 && examples.every((example) => example.includes(name)), name);
    assert.equal(exitCodes[0]?.[0], 0, name);
  }
  const ran = await certagent(await temporaryRoot(t), ['config', 'check', '--help']);
  assert.match(
    ran.stdout,
    /^Usage: certagent config check [\s\S]*--root <dir>[\s\S]*Examples:\n[\s\S]*Exit codes:\n {2}0 /,
  );
  assert.equal(ran.exitCode, 0);
});

test('config check tells every error with its line', async (t) => {
  const root = await temporaryRoot(t);
  const file = root.at(CONFIG_FILE);
  await mkdir(dirname(file), { recursive: true });
  assert.deepEqual(await certagent(root, ['config', 'check']), {
    exitCode: 0,
    stdout: `${file} is in order.\n`,
    stderr: '',
  });
  await writeFile(file, 'mode = "renwe"\n[windos]\n');
  const ran = await certagent(root, ['config', 'check']);
  assert.equal(ran.exitCode, 1);
  assert.match(ran.stderr, /line 1: mode [\s\S]*line 2: windos /);
  const json = JSON.parse((await certagent(root, ['config', 'check', '-o', 'json'])).stdout);
  assert.deepEqual(
    json.problems.map(({ line }: { line: number }) => line),
    [1, 2],
  );
});

test('the example is a configuration', async (t) => {
  const root = await temporaryRoot(t);
  const example = await certagent(root, ['config', 'example']);
  const file = `${root.prefix}/example.toml`;
  await writeFile(file, example.stdout);
  assert.equal((await certagent(root, ['config', 'check', file])).exitCode, 0);
});

test('a configuration that was named has to be there', async (t) => {
  const root = await temporaryRoot(t);
  for (const args of [
    ['config', 'check', '/nowhere.toml'],
    ['--config', '/nowhere.toml', 'config', 'check'],
  ]) {
    const ran = await certagent(root, args);
    assert.equal(ran.exitCode, 1);
    assert.match(ran.stderr, /nowhere\.toml cannot be read.*CONFIG_MISSING/);
  }
});
