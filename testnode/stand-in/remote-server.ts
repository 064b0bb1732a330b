// Stand-in for the server that an agent has joined, on another machine: it signs for the agent, and answers as its API server, on one
// port as K3s does.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { readFaults, readNodeRecord } from '../options.ts';
import { issueCertificate } from '../pki.ts';
import { answer, clientOf } from './answers.ts';
import { authorityAt, makeApi } from './api.ts';
import { ClientMetrics } from './client-metrics.ts';
import { answerAsApi, type ServerState } from './k3s-listener.ts';
import { isForAgent, signForAgent } from './k3s-supervisor.ts';
import { hang } from './process.ts';

const DAY = 86_400_000;

export async function remoteServer(root: string): Promise<void> {
  const node = readNodeRecord(root);
  const cas = join(root, 'run/demo/server-ca');
  const password = join(cas, 'node-password');
  const authority = authorityAt(join(cas, 'server-ca.crt'))!;
  const now = Date.now();
  const { certificatePem: cert, keyPem: key } = await issueCertificate({
    ca: authority,
    subject: { commonName: 'k3s', organizations: ['k3s'] },
    sans: ['127.0.0.1', 'localhost'],
    usages: ['server'],
    notBefore: now - DAY,
    notAfter: now + 365 * DAY,
  });
  const api = makeApi(node, () => authorityAt(join(cas, 'client-ca.crt')));
  const metrics = new ClientMetrics();
  const state: ServerState = { ready: true, api, metrics, renewedAt: 0, reachesUntil: Number.POSITIVE_INFINITY };
  const ca = readFileSync(join(cas, 'client-ca.crt'), 'utf8');
  createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: false }, handle)
    .on('connection', (socket) => {
      if (readFaults(root).serverAway) socket.destroy();
    })
    .listen(node.ports.server, '127.0.0.1');
  await hang(root, 'remote-server');

  function handle(request: IncomingMessage, response: ServerResponse) {
    const path = (request.url ?? '/').split('?')[0]!;
    if (path === '/ping') return answer(response, 200, 'pong');
    if (path === '/cacerts') return answer(response, 200, authority.certificatePem);
    if (isForAgent(path)) return void signForAgent(root, node, { path, cas, password }, request, response);
    // Simplified: a kubelet that asks whether the server is ready has renewed its Lease.
    if (path === '/readyz' && clientOf(request)?.startsWith('system:node:') === true) state.renewedAt = Date.now();
    answerAsApi(request, response, state);
  }
}
