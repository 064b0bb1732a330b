// `certagent csr` and `certagent install` on a command line.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { renderInstall, renderRequests } from '../../src/cli/render/signing.ts';
import type { RenewalPlan } from '../../src/domain/model/plan.ts';
import {
  CSR_SCHEMA,
  type CsrReport,
  INSTALL_SCHEMA,
  type InstallReport,
} from '../../src/domain/model/requests-report.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { PROGRESS } from '../control/support.ts';
import { steps } from '../domain/plan/step-parts.ts';
import { NODE, NOW } from './reports.ts';
import { type Case, testCommandLines } from './support.ts';

const WORK = mkdtempSync(join(tmpdir(), 'certagent-csr-'));
after(() => rmSync(WORK, { recursive: true, force: true }));
const [OUT, GARBAGE] = [join(WORK, 'out'), join(WORK, 'garbage.pem')];
writeFileSync(GARBAGE, 'nothing');

const REQUEST: CsrReport['requests'][number] = {
  ...{
    id: 'apiserver',
    createdAt: NOW - 3 * DAY,
    publicKey: 'k',
    subject: 'CN=kube-apiserver',
    commonName: 'kube-apiserver',
  },
  ...{ organizations: [], sans: ['DNS:kubernetes', 'IP:10.96.0.1'], usages: ['serverAuth'], keyType: 'RSA 2048' },
  path: '/var/lib/certagent/requests/apiserver.csr',
  csr: 'the request\n',
  isNew: false,
  expires: NOW + 20 * DAY,
  outdated: null,
  ca: { path: '/etc/kubernetes/pki/ca.crt', subject: 'CN=kubernetes' },
};
const REQUESTS: CsrReport = { schema: CSR_SCHEMA, at: NOW, node: NODE, requests: [REQUEST], dropped: [] };
const PLAN: RenewalPlan = {
  ...{ id: 'p', createdAt: NOW, distribution: 'kubeadm', certificates: ['apiserver'], oldExpired: true },
  why: 'a person gave 1 signed certificate',
  steps: [steps.backup, steps['install-files']],
};
const PLANNED: InstallReport = {
  ...{ schema: INSTALL_SCHEMA, at: NOW, node: NODE, running: null, blockers: [], refused: [] },
  plan: PLAN,
  accepted: [{ id: 'apiserver', file: '/a.pem', notAfter: NOW + 365 * DAY }],
  waiting: ['admin.conf'],
};
const REFUSED: InstallReport = {
  ...PLANNED,
  plan: null,
  refused: [{ file: '/b.pem', why: 'holds no certificate (PEM)' }],
};
const BLOCKERS = [{ code: 'CLOCK_DOUBTFUL' as const, why: 'the clock is doubtful', remedy: 'Set it.' }];

test('what a person reads of requests and of an installation', () => {
  const requests = renderRequests(REQUESTS);
  for (const part of [
    /waits since/,
    /names {4}DNS:kubernetes, IP:10\.96\.0\.1/,
    /CN=kubernetes \(\/etc/,
    /certagent install DIR/,
  ])
    assert.match(requests, part);
  assert.doesNotMatch(requests, /the request\n/);
  const fresh = { ...REQUEST, isNew: true, expires: null, ca: null, sans: [], usages: [] };
  assert.match(
    renderRequests({ ...REQUESTS, requests: [fresh] }, { out: '/o' }),
    /new request\n {2}request {2}\/o\/apiserver\.csr/,
  );
  assert.match(
    renderRequests({ ...REQUESTS, requests: [], dropped: ['apiserver'] }),
    /Removed the request for apiserver.*\nNo request/,
  );
  assert.match(
    renderInstall(PLANNED),
    /Install: 1 certificate\n.*Still without an answer: admin\.conf\..*What would run \(2 steps\).*stay even/s,
  );
  assert.match(
    renderInstall(REFUSED),
    /1 file cannot be used\n {2}\/b\.pem: holds no certificate.*Nothing would be installed/s,
  );
  assert.match(renderInstall({ ...PLANNED, plan: null, blockers: BLOCKERS }), /BLOCKED.*the clock is doubtful/s);
  assert.match(renderInstall({ ...PLANNED, plan: null, accepted: [], waiting: [] }), /the files answer no request/);
  assert.match(renderInstall({ ...PLANNED, running: PROGRESS }), /a plan is under way/);
});

const CASES: Case[] = [
  {
    what: 'requests, written to a directory',
    args: ['csr', '--out', OUT],
    daemon: { csr: async () => REQUESTS },
    exitCode: 0,
    stdout: /^apiserver {2}waits since .*\n {2}request {2}\S+\/out\/apiserver\.csr/,
  },
  {
    what: 'requests for a program, by name and with new keys',
    args: ['csr', 'apiserver', '--new', '-o', 'json'],
    daemon: { csr: async ({ names, fresh }) => ({ ...REQUESTS, dropped: fresh ? names : [] }) },
    exitCode: 0,
    stdout: /"schema": "certagent\.csr\/v2"[\s\S]*"dropped": \[\s*"apiserver"/,
  },
  { what: 'a drop of nothing', args: ['csr', '--drop'], daemon: {}, exitCode: 2, stderr: /--drop needs the names/ },
  {
    what: 'an installation',
    args: ['install', GARBAGE, '--yes'],
    daemon: {
      installPlan: async () => PLANNED,
      install: async () => ({
        ...{ planId: 'p', result: 'succeeded', keptNew: false, error: null },
        granted: [{ id: 'apiserver', notAfter: NOW + 365 * DAY }],
      }),
    },
    exitCode: 0,
    stdout: /Install: 1 certificate\n[\s\S]*apiserver/,
  },
  {
    what: 'an installation of what is wrong',
    args: ['install', GARBAGE, '-o', 'json'],
    daemon: {
      installPlan: async ({ files }) => ({
        ...REFUSED,
        refused: files.map((file) => ({ file: file.name, why: 'refused' in file ? file.refused : '' })),
      }),
    },
    exitCode: 4,
    stdout: /"why": "holds no certificate \(PEM\)"/,
  },
  {
    what: 'an installation of nothing',
    args: ['install'],
    daemon: {},
    exitCode: 2,
    stderr: /needs the signed certificates/,
  },
];

testCommandLines(CASES);

test('the directory of --out gets requests and nothing else', () => {
  assert.deepEqual(readdirSync(OUT), ['apiserver.csr']);
  assert.equal(readFileSync(join(OUT, 'apiserver.csr'), 'utf8'), REQUEST.csr);
});
