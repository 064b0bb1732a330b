import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/command-catalogue.ts';
import { renderStatus } from '../../src/cli/render/status.ts';
import { CertagentError } from '../../src/domain/model/errors.ts';
import { served, temporaryRoot } from '../control/support.ts';
import { copy, report, row } from './reports.ts';
import { type Case, certagent, testCommandLines } from './support.ts';

const MIXED = report({
  certificates: [
    row('old', -2, { nearness: 'expired' }),
    row('soon', 50, { nearness: 'due' }),
    row('calm', 300, { owner: 'kubelet' }),
  ],
});

const CASES: Case[] = [
  {
    what: 'status as JSON is the report',
    args: ['status', '-o', 'json'],
    exitCode: 0,
    stdout: /"schema": "certagent\.status\/v2",\n {2}"at": "2026-03-03T13:30:00Z"/,
  },
  {
    what: 'status of what is due',
    args: ['status', '--due'],
    daemon: { status: async () => MIXED },
    exitCode: 0,
    stdout:
      /^(?![\s\S]*\ncalm )[\s\S]*\nold +kubeadm [\s\S]*\nsoon +kubeadm [\s\S]*\n2 of 3 certificates match --due\.\n/,
  },
  {
    what: 'status of what expires within a time and has an owner, as JSON',
    args: ['status', '--within', '40d', '--owner', 'kubelet', '-o', 'json'],
    daemon: { status: async () => MIXED },
    exitCode: 0,
    stdout: /"certificates": \[\],/,
  },
  {
    what: 'status under a filter that nothing passes still shows the alerts',
    args: ['status', '--within', '1h', '--owner', 'kubelet'],
    daemon: { status: async () => MIXED },
    exitCode: 0,
    stdout: /3 certificates; the first expired[\s\S]*\nNone of 3 certificates match --within 1h --owner kubelet\.\n/,
  },
  {
    what: 'an owner that does not exist',
    args: ['status', '--owner', 'kubeadmin'],
    exitCode: 2,
    stderr: /no certificate has the owner kubeadmin \(USAGE\)\nWhat to do: Use one of kubeadm, k3s, .*kubelet.*\n$/,
  },
  {
    what: 'a time that is no duration',
    args: ['status', '--within', '30'],
    exitCode: 2,
    stderr: /--within 30 is not a duration \(USAGE\)\nWhat to do: .*--within 30d\n$/,
  },
  {
    what: 'the cluster has no filters',
    args: ['status', '--cluster', '--due'],
    exitCode: 2,
    stderr: /--cluster and --due cannot be used together/,
  },
  {
    what: 'status as YAML',
    args: ['status', '-o', 'yaml'],
    exitCode: 0,
    stdout: /^schema: certagent\.status\/v2\n[\s\S]*\ncertificates:\n {2}- id: /,
  },
  {
    what: 'an error with -o yaml',
    args: ['plan', 'x', '-o', 'yaml'],
    exitCode: 2,
    stderr: /^\{"error":\{"code":"USAGE"/,
  },
  { what: 'wide status', args: ['-o', 'wide', 'status'], exitCode: 0, stdout: /SERIAL +ISSUER/ },
  {
    what: 'wide is for status alone',
    args: ['plan', '-o', 'wide'],
    exitCode: 2,
    stderr: /"wide" is not an output format of certagent plan \(USAGE\)\nWhat to do: Use -o text, json or yaml\.\n$/,
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
    what: 'check with a warning that is never seen',
    args: ['check', '-w', '5', '-c', '10:'],
    exitCode: 3,
    stdout: /^CERTAGENT UNKNOWN - --warning 5 is inside --critical 10:: /,
  },
  {
    what: 'check with ranges and everything that is wrong',
    args: ['check', '-w', '@10:5000', '-c', '~:5000', '-v'],
    daemon: {
      status: async () =>
        report({ at: Date.now(), nextCheckAt: null, configError: 'x', certificates: [row('far', 9999)] }),
    },
    exitCode: 2,
    stdout:
      /^CERTAGENT CRITICAL - far has \d+ d left \(--critical ~:5000\); .*days_left=\d+;@10:5000;~:5000 .*\n[\s\S]*\nwarning: the configuration was refused\n$/,
  },
  {
    what: 'check of a daemon that does not answer in time',
    args: ['check', '-t', '1'],
    daemon: { status: () => new Promise(() => {}) },
    exitCode: 2,
    stdout: /^CERTAGENT CRITICAL - no answer within 1 s\n$/,
  },
  {
    what: 'check of a node that cannot be read',
    args: ['check'],
    daemon: {
      status: async () => {
        throw new CertagentError('NOT_A_FILE', 'the disk | is broken');
      },
    },
    exitCode: 2,
    stdout: /^CERTAGENT CRITICAL - the disk \/ is broken.*\n$/,
  },
  {
    what: 'check in another format',
    args: ['check', '-o', 'json'],
    exitCode: 3,
    stdout: /^CERTAGENT UNKNOWN - "json" is not an output format of certagent check\n$/,
  },
  {
    what: 'check with an unknown option',
    args: ['check', '--warn', '3'],
    exitCode: 3,
    stdout: /^CERTAGENT UNKNOWN - unknown option '--warn' \(Did you mean --warning\?\)\n$/,
  },
  {
    what: 'completion of a shell',
    args: ['completion', '/bin/fish'],
    exitCode: 0,
    stdout: /^# fish completion of certagent\n/,
  },
  {
    what: 'completion without a shell',
    args: ['completion'],
    exitCode: 2,
    stderr: /the shell is missing \(USAGE\)\nWhat to do: Name one of bash, zsh, fish/,
  },
  { what: 'completion of another shell', args: ['completion', 'tcsh'], exitCode: 2, stderr: /no completion for tcsh/ },
  {
    what: 'sync where certagent only observes',
    args: ['sync'],
    daemon: { sync: async () => [copy('a', 'pending', 'would be updated')] },
    exitCode: 1,
    stdout: /nothing was changed[\s\S]*only observes this node\.\nWhat to do: certagent enable\n$/,
  },
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
  { what: 'reload', args: ['reload'], exitCode: 0, stdout: /now in use/ },
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
  { what: 'no command', args: [], exitCode: 0, stdout: /\nUsage: certagent <command>/ },
  { what: 'the version', args: ['--version'], exitCode: 0, stdout: /^\d+\.\d+\.\d+\n$/ },
];

testCommandLines(CASES);

test('status prints the daemon’s last check', async (t) => {
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

test('reload without a daemon has its own exit code', async (t) => {
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
    /^Report every error[\s\S]*\nUsage: certagent config check [\s\S]*--root <dir>[\s\S]*Examples:\n[\s\S]*Exit codes:\n {2}0 /,
  );
  assert.equal(ran.exitCode, 0);
});
