// Stand-in for the server that an agent has joined, on another machine: it answers `/ping` and `/cacerts`, and nothing else.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { readFaults, readNodeRecord } from '../options.ts';
import { issueCertificate } from '../pki.ts';
import { answer } from './answers.ts';
import { hang } from './process.ts';

const DAY = 86_400_000;

export async function remoteServer(root: string): Promise<void> {
  const { ports } = readNodeRecord(root);
  const [certificatePem, keyPem] = ['crt', 'key'].map((suffix) =>
    readFileSync(join(root, `run/demo/server-ca/server-ca.${suffix}`), 'utf8'),
  ) as [string, string];
  const now = Date.now();
  const { certificatePem: cert, keyPem: key } = await issueCertificate({
    ca: { certificatePem, keyPem },
    subject: { commonName: 'k3s', organizations: ['k3s'] },
    sans: ['127.0.0.1', 'localhost'],
    usages: ['server'],
    notBefore: now - DAY,
    notAfter: now + 365 * DAY,
  });
  createServer({ cert, key }, (request, response) =>
    request.url === '/cacerts' ? answer(response, 200, certificatePem) : answer(response, 200, 'pong'),
  )
    .on('connection', (socket) => {
      if (readFaults(root).serverAway) socket.destroy();
    })
    .listen(ports.server, '127.0.0.1');
  await hang(root, 'remote-server');
}
