// What the tests of the throw-away node share: nodes in temporary directories, their programs, their ports.
import { execFile } from 'node:child_process';
import type { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { connect } from 'node:tls';
import type { NodeOptions, TestNode } from '../../testnode/node.ts';
import { makeNode } from '../../testnode/node.ts';
import { quickStandIns } from './bundle.ts';

export const DAY = 86_400_000;

/** A node that is removed after the test. By default its leaves expire in 20 days. */
export async function nodeFor(t: TestContext, options: Partial<NodeOptions> = {}): Promise<TestNode> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-demo-'));
  await quickStandIns();
  const node = await makeNode({
    root: join(directory, 'node'),
    kind: 'kubeadm',
    leafEnds: Date.now() + 20 * DAY,
    ...options,
  });
  t.after(async () => {
    await node.remove();
    await rm(directory, { recursive: true, force: true });
  });
  return node;
}

export type Ran = { code: number; stdout: string; stderr: string };

export function command(program: string, words: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, words, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

/** Runs one of the node's own programs. */
export function run(node: TestNode, path: string, ...words: string[]): Promise<Ran> {
  return command(join(node.root, path), words);
}

export function text(node: TestNode, path: string): Promise<string> {
  return readFile(join(node.root, path), 'utf8');
}

/** The certificate a port serves; rejects when the handshake does not come about. */
export function served(port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate()!;
      socket.destroy();
      resolve(certificate);
    });
  });
}

export type Answer = { status: number; body: string };

/** GET on a port of the node, with a client's certificate and key as PEM where given. */
export function get(port: number, path: string, client: { cert?: string; key?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false, ...client };
    const asked = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** The client certificate and key embedded in a kubeconfig. */
export function clientOf(kubeconfig: string): { cert: string; key: string } {
  const decoded = (name: string) =>
    Buffer.from(new RegExp(`${name}: (\\S+)`).exec(kubeconfig)?.[1] ?? '', 'base64').toString();
  return { cert: decoded('client-certificate-data'), key: decoded('client-key-data') };
}

type Truthy<T> = Exclude<NonNullable<T>, false>;

/** How long a test waits at most: what passes in seconds takes minutes where the machine has much else to do. */
const PATIENCE = 300_000;

/** Waits until `condition` gives something other than undefined, false or a rejection. */
export async function eventually<T>(condition: () => T | Promise<T>, limit = PATIENCE): Promise<Truthy<T>> {
  const end = Date.now() + limit;
  for (;;) {
    const value = await Promise.resolve()
      .then(condition)
      .catch(() => undefined);
    if (value !== undefined && value !== null && value !== false) return value as Truthy<T>;
    if (Date.now() > end) throw new Error(`did not come about: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
