// A real kube-apiserver with a real etcd, both processes of this one, on addresses of the loopback.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { get } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Issued, issueAuthority, issueCertificate, issueKey, publicKeyPem } from '../../testnode/pki.ts';
import { releasePorts, reservePorts } from '../../testnode/ports.ts';
import { TEMPORARY } from '../e2e/machine.ts';
import { command, DAY, eventually } from '../testnode/support.ts';

export type RealApi = {
  /** As `kube-apiserver --version` has it. */
  version: string;
  /** Of both servers: they share what etcd keeps. */
  urls: [string, string];
  ca: Issued;
  admin: Issued;
  /** Starts the server of this address, and returns when it listens, which is before it is ready. */
  start(url: string): Promise<void>;
  stop(url: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Whether the administrator's request for the path is answered with 2xx. */
  answers(url: string, path: string): Promise<boolean>;
  /** Deletes an object, as an administrator. */
  delete(path: string): Promise<void>;
  remove(): Promise<void>;
};

const HOSTS = ['127.0.0.1', '127.0.0.2'] as const;

export const apiserverIn = (directory: string): string | null => {
  const path = resolve(directory, 'kube-apiserver');
  return existsSync(path) ? path : null;
};

/** `program`: kube-apiserver; an etcd lies beside it, or is on the PATH. Both servers are ready when this returns. */
export async function startApi(program: string): Promise<RealApi> {
  const directory = await mkdtemp(join(tmpdir(), TEMPORARY));
  const names = ['etcd', 'peer', 'api'];
  const ports = (await reservePorts(names)) as { etcd: number; peer: number; api: number };
  releasePorts(ports);
  const running = new Map<string, ChildProcess>();
  const run = (name: string, path: string, words: string[]) => {
    const log = openSync(join(directory, `${name.replaceAll('/', '')}.log`), 'a');
    running.set(name, spawn('setpriv', ['--pdeathsig', 'KILL', path, ...words], { stdio: ['ignore', log, log] }));
    closeSync(log);
  };
  const stop = async (name: string, signal: 'SIGTERM' | 'SIGKILL') => {
    const child = running.get(name);
    running.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const remove = async () => {
    for (const name of [...running.keys()].reverse()) await stop(name, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const { ca, admin, words } = await credentials(directory);
    const urls = HOSTS.map((host) => `https://${host}:${ports.api}`) as [string, string];
    const beside = resolve(program, '../etcd');
    const client = `http://127.0.0.1:${ports.etcd}`;
    const peer = `http://127.0.0.1:${ports.peer}`;
    run('etcd', existsSync(beside) ? beside : 'etcd', [
      `--data-dir=${join(directory, 'etcd')}`,
      ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`],
      ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=default=${peer}`],
    ]);
    await eventually(() => isHealthy(client), 120_000);
    const ask = asker(ca, admin);
    const start = async (url: string) => {
      run(url, program, [
        ...words,
        `--etcd-servers=${client}`,
        `--bind-address=${new URL(url).hostname}`,
        `--secure-port=${ports.api}`,
        `--advertise-address=${new URL(url).hostname}`,
      ]);
      await eventually(async () => (await ask(url, 'GET', '/readyz')) > 0, 240_000);
    };
    const answers = async (url: string, path: string) => Math.floor((await ask(url, 'GET', path)) / 100) === 2;
    for (const url of urls) await start(url);
    for (const url of urls)
      await eventually(() => answers(url, '/readyz'), 240_000).catch((error) => {
        const log = readFileSync(join(directory, `${url.replaceAll('/', '')}.log`), 'utf8');
        throw new Error(`${error}\n${log.slice(-2_000)}`);
      });
    const version = /v\d+\.\d+\.\d+\S*/.exec((await command(program, ['--version'])).stdout)?.[0] ?? '';
    return {
      ...{ version, urls, ca, admin, start, answers, remove, stop },
      delete: async (path) => void (await ask(urls[0], 'DELETE', path)),
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What kubeadm gives it, as far as a client notices. */
async function credentials(directory: string): Promise<{ ca: Issued; admin: Issued; words: string[] }> {
  const validity = { notBefore: Date.now() - DAY, notAfter: Date.now() + DAY };
  const ca = await issueAuthority({ commonName: 'kubernetes', ...validity });
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', '10.96.0.1', ...HOSTS];
  const own = await issueCertificate({
    ...{ ca, subject: { commonName: 'kube-apiserver' }, sans: names, usages: ['server'] },
    ...validity,
  });
  const admin = await issueCertificate({
    ...{ ca, subject: { commonName: 'root', organizations: ['system:masters'] }, usages: ['client'] },
    ...validity,
  });
  const key = await issueKey('rsa');
  const files = {
    'ca.crt': ca.certificatePem,
    'own.crt': own.certificatePem,
    'own.key': own.keyPem,
    'sa.key': key,
    'sa.pub': publicKeyPem(key),
  };
  mkdirSync(directory, { recursive: true });
  const at = (name: keyof typeof files) => join(directory, name);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
  const words = [
    ...[`--client-ca-file=${at('ca.crt')}`, `--tls-cert-file=${at('own.crt')}`],
    `--tls-private-key-file=${at('own.key')}`,
    ...[`--service-account-key-file=${at('sa.pub')}`, `--service-account-signing-key-file=${at('sa.key')}`],
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    ...['--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction'],
    ...['--service-cluster-ip-range=10.96.0.0/12', '--endpoint-reconciler-type=none'],
  ];
  return { ca, admin, words };
}

/** The status of the answer; 0: there is none. */
function asker(ca: Issued, admin: Issued) {
  return (url: string, method: string, path: string): Promise<number> =>
    new Promise((done) => {
      const credentials = { ca: ca.certificatePem, cert: admin.certificatePem, key: admin.keyPem };
      const asked = request(new URL(path, url), { method, agent: false, timeout: 5_000, ...credentials });
      asked.on('response', (response) => {
        response.resume();
        response.on('error', () => {});
        response.on('close', () => done(response.statusCode ?? 0));
      });
      asked.on('timeout', () => asked.destroy());
      asked.on('error', () => done(0));
      asked.end();
    });
}

function isHealthy(url: string): Promise<boolean> {
  return new Promise((done) => {
    const asked = get(`${url}/health`, { agent: false }, (response) => {
      response.resume();
      done(response.statusCode === 200);
    });
    asked.on('error', () => done(false));
  });
}
