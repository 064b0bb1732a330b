// `certagent restore`, and how a restore is shown elsewhere.
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { renderBackups, renderRestore } from '../../src/cli/render/restore.ts';
import { CertagentError } from '../../src/domain/model/errors.ts';
import type { PlanOutcome } from '../../src/domain/model/journal.ts';
import type { RenewalPlan } from '../../src/domain/model/plan.ts';
import {
  BACKUPS_SCHEMA,
  type BackupSummary,
  type BackupsReport,
  RESTORE_SCHEMA,
  type RestoreReport,
} from '../../src/domain/model/status.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { PROGRESS } from '../control/support.ts';
import { steps } from '../domain/plan/step-parts.ts';
import { NODE, NOW } from './reports.ts';
import { type Case, testCommandLines } from './support.ts';

const ID = '20260101T020000Z';
const PLAN: RenewalPlan = {
  id: 'p',
  createdAt: NOW,
  distribution: 'kubeadm',
  certificates: ['apiserver'],
  why: `a person asked for the backup of ${ID}, made on 2026-01-01; certagent leaves 1 file as it is`,
  restores: ID,
  oldExpired: false,
  warnings: ['the first of these certificates expires on 2026-03-23'],
  steps: [steps.backup, steps['restore-files']],
};
const PLANNED: RestoreReport = {
  schema: RESTORE_SCHEMA,
  at: NOW,
  node: NODE,
  backup: ID,
  running: null,
  plan: PLAN,
  blockers: [],
  left: [{ path: '/etc/kubernetes/admin.conf', why: 'somebody has removed it since' }],
  unchanged: [],
};
const BLOCKED: RestoreReport = {
  ...PLANNED,
  plan: null,
  blockers: [{ code: 'RESTORE_REPLACED', why: 'a start would replace it', remedy: 'Renew instead.' }],
};
const AS_IT_WAS: RestoreReport = { ...PLANNED, plan: null, left: [], unchanged: ['/a', '/b'] };
const RUNNING: RestoreReport = { ...PLANNED, plan: null, running: PROGRESS };

const backup = (change: Partial<BackupSummary>): BackupSummary => ({
  id: ID,
  directory: `/var/lib/certagent/backups/${ID}`,
  createdAt: NOW - 60 * DAY,
  holds: [
    { path: '/a', notAfter: NOW },
    { path: '/b', notAfter: NOW },
  ],
  restorable: ['apiserver'],
  refusal: null,
  ...change,
});
const LISTED: BackupsReport = {
  schema: BACKUPS_SCHEMA,
  at: NOW,
  node: NODE,
  backups: [
    backup({}),
    backup({ id: 'same', restorable: [] }),
    backup({ id: 'damaged', createdAt: null, holds: [], restorable: [], refusal: 'its manifest cannot be read' }),
  ],
};
const OUTCOME: PlanOutcome = {
  planId: 'p',
  restores: ID,
  result: 'succeeded',
  keptNew: false,
  error: null,
  granted: [{ id: 'apiserver', notAfter: NOW }],
};

/** What a person reads of each; test/golden/restore.txt. */
const SHOWN: Record<string, string> = {
  'the backups': renderBackups(LISTED),
  'no backups': renderBackups({ ...LISTED, backups: [] }),
  'a plan': renderRestore(PLANNED),
  'a plan on a narrow terminal': renderRestore(PLANNED, { width: 60 }),
  blocked: renderRestore(BLOCKED),
  'all as it was': renderRestore(AS_IT_WAS),
  'a plan is under way': renderRestore(RUNNING),
};

test('what a person reads of backups and of a restore', async () => {
  const text = Object.entries(SHOWN)
    .map(([title, shown]) => `=== ${title}\n${shown}`)
    .join('\n');
  const golden = new URL('../golden/restore.txt', import.meta.url);
  if (process.env.UPDATE_GOLDEN === '1') await writeFile(golden, text);
  assert.equal(text, await readFile(golden, 'utf8'), 'run with UPDATE_GOLDEN=1 if the change is meant');
});

const unknown = new CertagentError('BACKUP_UNKNOWN', 'there is no backup "x"');
const CASES: Case[] = [
  {
    what: 'the list of backups',
    args: ['restore'],
    daemon: { backups: async () => LISTED },
    exitCode: 0,
    stdout: /^BACKUP .*\n20260101T020000Z .* 2 certificates +1 certificate\n/,
  },
  {
    what: 'the list of backups for a program',
    args: ['restore', '-o', 'json'],
    daemon: { backups: async () => LISTED },
    exitCode: 0,
    stdout: /"schema": "certagent\.backups\/v2"/,
  },
  {
    what: 'a restore, step by step',
    args: ['restore', ID, '--yes'],
    daemon: {
      restorePlan: async ({ plan }) => ({ ...PLANNED, backup: plan }),
      restore: async ({ plan }, progress) => {
        progress(PROGRESS);
        return { ...OUTCOME, restores: plan };
      },
    },
    exitCode: 0,
    stdout: /Restored one certificate \(apiserver\) from the backup 20260101T020000Z; the servers serve them\./,
    stderr: /^\[1\/2\] Back up\n$/,
  },
  {
    what: 'a restore for a program',
    args: ['restore', ID, '--yes', '-o', 'json'],
    daemon: { restorePlan: async () => PLANNED, restore: async () => OUTCOME },
    exitCode: 0,
    stdout: /^\{\n {2}"planId": "p",\n {2}"restores": "20260101T020000Z"/,
  },
  {
    what: 'a restore that failed',
    args: ['restore', ID, '--yes'],
    daemon: {
      restorePlan: async () => PLANNED,
      restore: async () => ({ ...OUTCOME, result: 'rolled-back', error: { code: 'X', message: 'm', remedy: null } }),
    },
    exitCode: 1,
    stdout: /The restore FAILED and was rolled back: the certificates that it replaced are in use again\.\nWhy: m/,
  },
  {
    what: 'a restore is not run without a terminal and without --yes',
    args: ['restore', ID],
    daemon: {
      restorePlan: async () => PLANNED,
      restore: () => {
        throw new Error('it was run');
      },
    },
    exitCode: 2,
    stdout: /What stays as it is \(1 file\)/,
    stderr: /cannot ask without a terminal/,
  },
  {
    what: 'a restore that is blocked',
    args: ['restore', ID, '--yes'],
    daemon: { restorePlan: async () => BLOCKED },
    exitCode: 4,
    stdout: /RESTORE_REPLACED: a start would replace it\n {4}What to do: Renew instead\./,
  },
  {
    what: 'a restore while a plan is under way, for a program',
    args: ['restore', ID, '--yes', '-o', 'json'],
    daemon: { restorePlan: async () => RUNNING },
    exitCode: 4,
    stdout: /"schema": "certagent\.restore\/v2"/,
  },
  {
    what: 'nothing to restore',
    args: ['restore', ID, '--yes'],
    daemon: { restorePlan: async () => AS_IT_WAS },
    exitCode: 0,
    stdout: /all 2 certificates are as they are in the backup/,
  },
  {
    what: 'a backup that is not there',
    args: ['restore', 'x', '--yes'],
    daemon: {
      restorePlan: async () => {
        throw unknown;
      },
    },
    exitCode: 1,
    stderr: /there is no backup "x" \(BACKUP_UNKNOWN\)\nWhat to do: See which there are: certagent restore/,
  },
];

testCommandLines(CASES);
