import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { askHealth, askVersion } from '../../src/host/http.ts';
import { servedCertificate } from '../../src/host/tls.ts';
import { parseCertificate } from '../../src/host/x509.ts';
import { selfSigned } from '../support/self-signed.ts';

const directory = mkdtempSync(join(tmpdir(), 'certagent-network-'));
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

selfSigned(directory, { key: 'tls.key', certificate: 'tls.crt', commonName: 'served', days: 1 });
const pem = { cert: readFileSync(join(directory, 'tls.crt')), key: readFileSync(join(directory, 'tls.key')) };

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

test('the served certificate is seen even when the server wants a client certificate that certagent lacks', async () => {
  const open = await listen(createHttpsServer(pem));
  assert.equal(
    parseCertificate(await servedCertificate('127.0.0.1', open, { limit: 300_000 })).fingerprint,
    parseCertificate(pem.cert).fingerprint,
  );
  const strict = await listen(createHttpsServer({ ...pem, requestCert: true, rejectUnauthorized: true, ca: pem.cert }));
  assert.equal(parseCertificate(await servedCertificate('127.0.0.1', strict, { limit: 300_000 })).commonName, 'served');
});

test('a server that asks for client certificates sees the whole handshake, and has nothing to log', async () => {
  const server = createHttpsServer({ ...pem, requestCert: true, rejectUnauthorized: true, ca: pem.cert });
  const port = await listen(server);
  const seen: string[] = [];
  const ended = new Promise<void>((resolve) => {
    server.on('tlsClientError', ({ message }) => resolve(void seen.push(message)));
    server.on('secureConnection', (socket) => {
      seen.push('shaken hands');
      socket.once('close', (hadError) => resolve(void seen.push(hadError ? 'broken off' : 'closed')));
    });
  });
  const client = { certificate: pem.cert.toString(), key: pem.key.toString() };
  await servedCertificate('127.0.0.1', port, { limit: 300_000, client });
  await ended;
  assert.deepEqual(seen, ['shaken hands', 'closed']);
});

test('a closed port, a silent one and one that speaks no TLS are unreachable', async () => {
  const silent = await listen(createServer());
  const plain = await listen(createServer((socket) => void socket.end('SSH-2.0-no\r\n')));
  const closed = await listen(createServer());
  await new Promise((resolve) => servers.at(-1)?.close(resolve));
  for (const port of [silent, plain, closed]) {
    await assert.rejects(servedCertificate('127.0.0.1', port, { limit: 300 }), {
      code: 'TLS_UNREACHABLE',
      message: new RegExp(`127\\.0\\.0\\.1:${port}`),
    });
  }
});

test('a health check gives the status, over http and https, and null when nobody answers', async () => {
  const answer = (_request: unknown, response: { statusCode: number; end(text: string): void }) => {
    response.statusCode = 500;
    response.end('[-]etcd failed');
  };
  const http = await listen(createHttpServer(answer));
  const https = await listen(createHttpsServer(pem, answer));
  const silent = await listen(createServer());
  const ask = (scheme: 'http' | 'https', port: number) =>
    askHealth({ scheme, host: '127.0.0.1', port, path: '/readyz' }, { limit: 5_000 });
  assert.equal((await ask('http', http)).status, 500);
  assert.equal((await ask('https', https)).status, 500);
  assert.equal((await ask('https', silent)).status, null);
});

test('a server that switches to another protocol has answered, however often it is asked', {
  timeout: 300_000,
}, async () => {
  const text = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n';
  const port = await listen(
    createServer((socket) => void socket.on('error', () => {}).once('data', () => socket.write(text))),
  );
  const check = { scheme: 'http' as const, host: '127.0.0.1', port, path: '/' };
  // Without an answer the test would end with its promise pending, which fails it.
  assert.deepEqual(await askHealth(check, { limit: 300_000 }), { status: null, detail: 'UPGRADE' });
  assert.equal(await askVersion(check, { limit: 300_000 }), null);
});
