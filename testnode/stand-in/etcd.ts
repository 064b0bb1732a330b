// Stand-in for etcd: TLS on the client and peer ports with client certificates wanted, plain HTTP for metrics and health.
// Simplified: HTTP/1 instead of gRPC, no data; the members are listed and elect nobody. Certificates are loaded for every connection, as etcd does.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpServer, request as httpRequest } from 'node:http';
import type { Server } from 'node:https';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { type NodeRecord, readFaults, readNodeRecord } from '../options.ts';
import { answer } from './answers.ts';
import { log, stay } from './process.ts';
import { endIfFaulty, endOnTerm, parseFlags, servedPair } from './serving.ts';

const NAME = 'etcd';

export async function etcd(root: string, words: string[]): Promise<void> {
  const flags = parseFlags(words);
  const node = readNodeRecord(root);
  const { speed } = node;
  const answers = (request: IncomingMessage, response: ServerResponse) => health(node, request, response);
  const slots = [
    { slot: 'client', urls: 'listen-client-urls', prefix: '', ca: 'trusted-ca-file' },
    { slot: 'peer', urls: 'listen-peer-urls', prefix: 'peer-', ca: 'peer-trusted-ca-file' },
  ];
  const servers: { close(): unknown }[] = [];
  for (const { slot, urls, prefix, ca } of slots) {
    const load = () => ({
      ...servedPair(root, NAME, slot, {
        certificate: flags.get(`${prefix}cert-file`)!,
        key: flags.get(`${prefix}key-file`)!,
      }),
      ca: readFileSync(flags.get(ca)!, 'utf8'),
    });
    const first = load();
    endIfFaulty(root, NAME, first.cert);
    for (const url of flags.get(urls)!.split(',')) {
      const server = createHttpsServer({ ...first, requestCert: true, rejectUnauthorized: true }, answers);
      reloadAtEachConnection(root, server, slot, load);
      listen(server, url);
      servers.push(server);
    }
  }
  stay(root, NAME);
  for (const url of (flags.get('listen-metrics-urls') ?? '').split(',').filter((url) => url !== '')) {
    const server = createHttpServer(answers);
    listen(server, url);
    servers.push(server);
  }
  endOnTerm(200 * speed, servers);
}

// Runs before the TLS layer takes the connection, so that its handshake already has what the files hold now.
function reloadAtEachConnection(
  root: string,
  server: Server,
  slot: string,
  load: () => { cert: string; key: string; ca: string },
): void {
  server.prependListener('connection', (socket: Socket) => {
    if (!readFaults(root).etcdReloads) return;
    try {
      server.setSecureContext(load());
    } catch (error) {
      log(root, NAME, `rejected connection on the ${slot} port: ${(error as Error).message}`);
      socket.destroy();
    }
  });
}

function health(node: NodeRecord, request: IncomingMessage, response: ServerResponse) {
  const path = (request.url ?? '/').split('?')[0];
  if (path === '/health') return answer(response, 200, '{"health":"true","reason":""}', 'application/json');
  if (path === '/livez' || path === '/readyz') return answer(response, 200, 'ok');
  if (path === '/metrics') return answer(response, 200, 'etcd_server_has_leader 1\n');
  if (path === '/v3/cluster/member/list') return void members(node, response);
  answer(response, 404, '404 page not found\n');
}

/** The gateway's JSON. What the members of a cluster are, is kept with what they share. */
async function members({ cluster, nodeName, ports }: NodeRecord, response: ServerResponse): Promise<void> {
  const alone = { name: nodeName, clientURLs: [`https://127.0.0.1:${ports.etcd}`] };
  const text = cluster === null ? JSON.stringify({ members: [alone] }) : await membersOf(cluster.store);
  answer(response, text === null ? 503 : 200, text ?? 'etcdserver: no leader', 'application/json');
}

function membersOf(store: string): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = httpRequest(`${store}/etcd/members`, { agent: false, timeout: 2_000 }, async (answered) => {
      let text = '';
      for await (const chunk of answered) text += chunk;
      resolve(text);
    });
    asked.on('error', () => resolve(null)).on('timeout', () => asked.destroy());
    asked.end();
  });
}

function listen(server: ReturnType<typeof createHttpServer> | Server, url: string): void {
  const { hostname, port } = new URL(url);
  server.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  server.listen(Number(port), hostname);
}
