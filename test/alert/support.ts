// Real servers on loopback that take alerts, and a dispatch to send them.
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { SMTPServerOptions } from 'smtp-server';
import type { Alert, Dispatch, Notification } from '../../src/domain/alerts/alert.ts';
import type { AlertCode } from '../../src/domain/alerts/catalogue.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import type { Log } from '../../src/host/logger.ts';
import { Root } from '../../src/host/root.ts';

// A proxy of this machine does not know the servers of a test.
for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) {
  delete process.env[name];
  delete process.env[name.toUpperCase()];
}

export const AT = Date.UTC(2027, 2, 1, 12);

export async function makeRoot(t: TestContext): Promise<Root> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-alert-'));
  const root = new Root(directory);
  t.after(async () => {
    for (const stop of stops.get(root) ?? []) await stop();
    await rm(directory, { recursive: true, force: true });
  });
  return root;
}

const stops = new WeakMap<Root, (() => Promise<void>)[]>();

/** After the test, what still writes below a root stops before the root is removed: hooks run in the order of their registration. */
export function stopBeforeRemoval(root: Root, stop: () => Promise<void>): void {
  stops.set(root, [...(stops.get(root) ?? []), stop]);
}

/** `code` may be one that this version does not have. */
export const alert = ({ code, ...change }: Partial<Omit<Alert, 'code'>> & { code?: string } = {}): Alert => ({
  code: (code ?? 'CERTIFICATE_EXPIRED') as AlertCode,
  severity: 'critical',
  subject: 'node',
  text: '2 certificates have expired: apiserver and <b>admin</b>.',
  remedy: 'Renew now: certagent renew',
  facts: { apiserver: '2027-02-26 12:00 UTC, 3 d ago', '<b>admin</b>': '"quoted" & more' },
  ...change,
});

export const told = (change: Partial<Notification> = {}): Notification => ({
  status: 'raised',
  alert: alert(),
  since: AT,
  ...change,
});

export const dispatch = (change: Partial<Dispatch> = {}): Dispatch => ({
  id: '5e0f2d0c-0000-4000-8000-000000000001',
  at: AT,
  node: { name: 'node-1', distribution: 'kubeadm', role: 'control-plane' },
  notifications: [told()],
  allClear: false,
  ...change,
});

/** One notification of each kind, as all the golden files show them. */
export const everyKind = (): Dispatch =>
  dispatch({
    node: {
      ...dispatch().node,
      machine: '5f3c0000000000000000000000000001',
      labels: { site: 'oslo', instance: 'node-1:9100' },
    },
    notifications: [
      told(),
      told({
        status: 'repeated',
        since: AT - DAY,
        alert: alert({
          code: 'CLOCK_DOUBTFUL',
          severity: 'warning',
          text: 'The clock is not synchronised.',
          facts: {},
        }),
      }),
      told({
        status: 'event',
        alert: alert({
          code: 'RENEWED',
          severity: 'info',
          text: '1 certificate renewed.',
          remedy: '',
          facts: { apiserver: 'expires 2028-03-01 12:00 UTC' },
        }),
      }),
      told({
        status: 'cleared',
        since: AT - 2 * DAY,
        alert: alert({ code: 'SERVED_STALE', severity: 'warning', subject: 'etcd', text: 'etcd serves an old one.' }),
      }),
    ],
  });

/** Keeps what is logged, to look for secrets in it. */
export function keepLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const keep = (...args: unknown[]) => void lines.push(JSON.stringify(args));
  return { lines, log: { level: 'debug', debug: keep, info: keep, warn: keep, error: keep } as unknown as Log };
}

export type Received = { method: string; path: string; headers: IncomingHttpHeaders; body: string };

/** An HTTP server whose answer to each POST the test decides; 200 unless the test decides otherwise. */
export async function webhookServer(t: TestContext) {
  const received: Received[] = [];
  const state: { answer: (response: ServerResponse) => void } = { answer: (response) => void response.end('ok') };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
      state.answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, state };
}

/** An SMTP server; `emails` are the messages it took, in full. */
export async function mailServer(t: TestContext, options: SMTPServerOptions = {}) {
  const { SMTPServer } = await import('smtp-server');
  const emails: { raw: string; recipients: string[]; secure: boolean; user: string | undefined }[] = [];
  const server = new SMTPServer({
    logger: false,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        emails.push({
          raw: Buffer.concat(chunks).toString(),
          recipients: session.envelope.rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: session.user,
        });
        done();
      });
    },
    ...options,
  });
  // Broken handshakes are what some tests are about.
  server.on('error', () => {});
  const listener = server.listen(0, '127.0.0.1');
  if (!listener.listening) await new Promise<void>((resolve) => listener.once('listening', resolve));
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (listener.address() as AddressInfo).port, emails };
}
