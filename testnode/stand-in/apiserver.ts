// Stand-in for kube-apiserver. Simplified: it keeps the objects in its memory, authorizes everybody it knows, and only /readyz
// checks etcd.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { readFaults, readNodeRecord, versionNumbers } from '../options.ts';
import { answer, clientOf, refuse } from './answers.ts';
import { authorityAt, makeApi } from './api.ts';
import { answers } from './ask.ts';
import { log, stay } from './process.ts';
import { endIfFaulty, endOnTerm, parseFlags, servedPair } from './serving.ts';

const NAME = 'kube-apiserver';
const ANONYMOUS = new Set(['/livez', '/healthz', '/version']);
/** How often the serving certificate's files are read: newer ones are notified of a change. */
const RELOAD = { before: 60_000, since27: 400 };
/** From SIGTERM to its exit: newer ones let every watch end first. */
const DRAIN = { before: 2_000, since23: 60_000 };

export async function apiserver(root: string, words: string[]): Promise<void> {
  const flags = parseFlags(words);
  const node = readNodeRecord(root);
  const { speed, version } = node;
  const api = makeApi(node, () => authorityAt(flags.get('client-ca-file')!));
  const minor = versionNumbers(version)[1];
  const files = { certificate: flags.get('tls-cert-file')!, key: flags.get('tls-private-key-file')! };
  const load = () => ({
    ...servedPair(root, NAME, 'serving', files),
    ca: readFileSync(flags.get('client-ca-file')!, 'utf8'),
  });
  let served = load();
  endIfFaulty(root, NAME, served.cert);
  stay(root, NAME);
  const server = createServer({ ...served, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    void handle(request, response);
  });
  server.addContext('apiserver-loopback-client', loopbackPair(root));
  listenStubbornly(server, Number(flags.get('secure-port')), flags.get('bind-address') ?? '127.0.0.1');
  endOnTerm((minor < 23 ? DRAIN.before : DRAIN.since23) * speed, [server]);
  setInterval(reload, minor < 27 ? RELOAD.before * speed : RELOAD.since27);

  function reload(): void {
    if (!readFaults(root).apiserverReloads) return;
    try {
      const now = load();
      if (now.cert === served.cert && now.key === served.key && now.ca === served.ca) return;
      server.setSecureContext(now);
      served = now;
      log(root, NAME, 'Reloaded the serving certificate');
    } catch (error) {
      log(root, NAME, `Failed to reload, the old certificate stays: ${(error as Error).message}`);
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0]!;
    if (path === '/readyz') {
      const etcd = await etcdAnswers(flags);
      return etcd
        ? answer(response, 200, 'ok')
        : answer(response, 500, '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n');
    }
    if (path === '/version') return answer(response, 200, JSON.stringify({ gitVersion: version }), 'application/json');
    if (ANONYMOUS.has(path)) return answer(response, 200, 'ok');
    const user = clientOf(request);
    if (user === undefined) return refuse(response);
    return api(request, response, user);
  }
}

// What it shows itself: made at its start. Here each of its first two starts finds one that was laid out for it.
function loopbackPair(root: string): { cert: Buffer; key: Buffer } {
  const used = join(root, 'run/demo/loopback-used');
  const name = existsSync(used) ? 'loopback-later' : 'loopback-first';
  writeFileSync(used, '');
  return {
    cert: readFileSync(join(root, `run/demo/${name}.crt`)),
    key: readFileSync(join(root, `run/demo/${name}.key`)),
  };
}

// The previous container may hold the port for a moment.
function listenStubbornly(server: ReturnType<typeof createServer>, port: number, host: string): void {
  let tries = 0;
  server.on('error', (error: NodeJS.ErrnoException) => {
    process.stderr.write(`${error.message}\n`);
    if (error.code !== 'EADDRINUSE' || ++tries > 5) process.exit(1);
    setTimeout(() => server.listen(port, host), 50);
  });
  server.listen(port, host);
}

// With the files as they are now, as etcd's client dials.
function etcdAnswers(flags: Map<string, string>): Promise<boolean> {
  return answers(`${flags.get('etcd-servers')!.split(',')[0]}/health`, () => ({
    ca: readFileSync(flags.get('etcd-cafile')!),
    cert: readFileSync(flags.get('etcd-certfile')!),
    key: readFileSync(flags.get('etcd-keyfile')!),
  }));
}
