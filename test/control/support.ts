import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ControlHandlers } from '../../src/control/handlers.ts';
import { serveControl } from '../../src/control/server.ts';
import { USER_SCHEMA } from '../../src/domain/model/added-user.ts';
import { CertagentError } from '../../src/domain/model/errors.ts';
import type { Progress } from '../../src/domain/model/journal.ts';
import { REHEARSAL_SCHEMA } from '../../src/domain/model/rehearsal-report.ts';
import { CSR_SCHEMA, INSTALL_SCHEMA } from '../../src/domain/model/requests-report.ts';
import { BACKUPS_SCHEMA, PLAN_SCHEMA, RESTORE_SCHEMA } from '../../src/domain/model/status.ts';
import { Root } from '../../src/host/root.ts';
import { HISTORY, NODE, NOW, report } from '../cli/reports.ts';

export const PROGRESS: Progress = { planId: 'p', step: 0, steps: 2, title: 'Back up', state: 'started', detail: '' };

/** A daemon's handlers that answer from memory; a test replaces those it is about. */
export function handlers(change: Partial<ControlHandlers> = {}): ControlHandlers {
  return {
    status: async () => report(),
    plan: async () => ({
      schema: PLAN_SCHEMA,
      at: NOW,
      checkedAt: NOW,
      node: NODE,
      renewal: { kind: 'none', nextAt: null },
      running: null,
      plan: null,
      decisions: [],
    }),
    history: async () => HISTORY,
    backups: async () => ({ schema: BACKUPS_SCHEMA, at: NOW, node: NODE, backups: [] }),
    csr: async () => ({ schema: CSR_SCHEMA, at: NOW, node: NODE, requests: [], dropped: [] }),
    addUser: async ({ user, groups = [] }) => ({
      schema: USER_SCHEMA,
      at: NOW,
      node: NODE,
      user,
      groups,
      kubeconfig: '/root/kubeconfig',
      account: 'root',
      result: 'created',
      notAfter: NOW,
      request: null,
      renewed: false,
    }),
    installPlan: async () => ({
      schema: INSTALL_SCHEMA,
      at: NOW,
      node: NODE,
      running: null,
      plan: null,
      blockers: [],
      accepted: [],
      refused: [],
      waiting: [],
    }),
    install: async () => null,
    restorePlan: async ({ plan }) => ({
      schema: RESTORE_SCHEMA,
      at: NOW,
      node: NODE,
      backup: plan,
      running: null,
      plan: null,
      blockers: [],
      left: [],
      unchanged: [],
    }),
    restore: async () => null,
    acceptClock: async () => ({ at: NOW, takenBack: null }),
    metrics: async () => 'certagent_up 1\n',
    attempt: async ({ plan }) => {
      throw new CertagentError('PLAN_UNKNOWN', `the journal holds no plan ${plan}`);
    },
    explain: async ({ name }) => {
      throw new CertagentError('CERTIFICATE_UNKNOWN', `this node has no certificate ${name}`);
    },
    check: async () => report(),
    renew: async (_request, progress) => {
      progress(PROGRESS);
      progress({ ...PROGRESS, step: 1, title: 'Renew', state: 'done' });
      return {
        planId: 'p',
        result: 'succeeded',
        keptNew: false,
        error: null,
        granted: [{ id: 'apiserver', notAfter: NOW }],
      };
    },
    rehearse: async (_request, progress) => {
      progress(PROGRESS);
      return {
        schema: REHEARSAL_SCHEMA,
        at: NOW,
        node: NODE,
        renewal: { kind: 'none', nextAt: null },
        step: null,
        why: 'this is a test',
      };
    },
    sync: async () => [],
    reload: async () => {},
    silence: async (request) => ({ ...request, since: NOW, severity: 'warning' }),
    unsilence: async () => {},
    pause: async (request) => ({ ...request, since: NOW }),
    resume: async () => null,
    cluster: async () => ({ schema: 'certagent.cluster/v1', at: 0, holder: null, nodes: [] }),
    testAlerts: async () => [],
    ...change,
  };
}

export async function temporaryRoot(t: TestContext, under = tmpdir()): Promise<Root> {
  const directory = await mkdtemp(join(under, 'certagent-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return new Root(directory);
}

/** A root whose sockets are served for the duration of the test. */
export async function served(
  t: TestContext,
  change: Partial<ControlHandlers> = {},
  groupId: number | null = null,
): Promise<Root> {
  const root = await temporaryRoot(t);
  const server = await serveControl({ root, groupId, handlers: handlers(change) });
  t.after(() => server.close());
  return root;
}

export type Answer = { status: number; headers: Record<string, unknown>; body: string };

/** A plain HTTP client, so that the server is tested by another than its own. */
export function http(socketPath: string, method: string, path: string, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
