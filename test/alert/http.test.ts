// How a webhook connects: headers from a file, proxies, and which CAs it believes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import { proxyFor } from '../../src/alert/proxy.ts';
import type { SinkError } from '../../src/alert/sink.ts';
import { webhookSink } from '../../src/alert/webhook.ts';
import type { WebhookSink } from '../../src/config/sinks/webhook-keys.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import type { Root } from '../../src/host/root.ts';
import { issueAuthority, issueCertificate } from '../../testnode/pki.ts';
import { dispatch, makeRoot, webhookServer } from './support.ts';

const sinkFor = (url: string, root: Root, change: Partial<WebhookSink> = {}) =>
  webhookSink({ url, shape: 'standard', least: 'info', ...change }, 'hook', root, DAY);

async function put(root: Root, path: string, text: string): Promise<string> {
  await mkdir(dirname(root.at(path)), { recursive: true });
  await writeFile(root.at(path), text);
  return path;
}

async function refused(sending: Promise<string>): Promise<SinkError> {
  return sending.then(
    (said) => assert.fail(said),
    (error) => error as SinkError,
  );
}

/** Listens until the test ends. */
async function listening(t: TestContext, server: ReturnType<typeof createHttpServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** An HTTP proxy that keeps what it is asked; it connects everything to `port` of this machine. */
async function proxyServer(t: TestContext, port: number, answer = 'HTTP/1.1 200 OK\r\n\r\n') {
  const asked: string[] = [];
  const note = (request: string, authorization: string | undefined) =>
    asked.push(`${request} ${authorization ?? 'nobody'}`);
  const server = createHttpServer((request, response) => {
    note(`${request.method} ${request.url}`, request.headers['proxy-authorization']);
    request.resume();
    response.end();
  });
  server.on('connect', (request, socket, head) => {
    note(`CONNECT ${request.url}`, request.headers['proxy-authorization']);
    if (!answer.includes(' 200 ')) return void socket.end(answer);
    const onward = connect(port, '127.0.0.1', () => {
      socket.write(answer);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    const end = () => {
      socket.destroy();
      onward.destroy();
    };
    for (const side of [socket, onward]) side.on('error', end).on('close', end);
  });
  return { at: `127.0.0.1:${await listening(t, server)}`, asked };
}

/** An https server whose certificate is for hook.example.org, signed by a CA of its own. */
async function tlsServer(t: TestContext) {
  const times = { notBefore: Date.now() - DAY, notAfter: Date.now() + DAY };
  const ca = await issueAuthority({ commonName: 'hook CA', ...times });
  const { keyPem, certificatePem } = await issueCertificate({
    ca,
    subject: { commonName: 'hook' },
    sans: ['127.0.0.1', 'hook.example.org'],
    usages: ['server'],
    ...times,
  });
  const heard: string[] = [];
  const server = createServer({ key: keyPem, cert: certificatePem }, (request, response) => {
    heard.push(`${request.headers.host} ${request.headers['proxy-authorization'] ?? 'no proxy'}`);
    request.resume();
    response.writeHead(202).end();
  });
  return { port: await listening(t, server), ca: ca.certificatePem, heard };
}

/** Sets variables of this process for the rest of the test; support.ts has removed those that were there. */
function setEnvironment(t: TestContext, variables: Record<string, string>): void {
  Object.assign(process.env, variables);
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });
}

test('headers from a file are sent; they win over our own, and not over the signature', async (t) => {
  const root = await makeRoot(t);
  const { url, received } = await webhookServer(t);
  const headers_file = await put(
    root,
    '/etc/headers',
    '# for the gateway\nAuthorization: Bearer T0PSECRET\r\n\nX-Scope-OrgID:  site 7 \nUser-Agent: ours\n',
  );
  const token_file = await put(root, '/etc/token', 'other');
  await sinkFor(url, root, { headers_file, token_file }).send(dispatch());
  const { headers } = received[0]!;
  assert.equal(headers.authorization, 'Bearer T0PSECRET');
  assert.equal(headers['x-scope-orgid'], 'site 7');
  assert.equal(headers['user-agent'], 'ours');
  assert.equal(headers['webhook-id'], dispatch().id);
});

const BAD: [string, string, RegExp][] = [
  ['no header', 'X: 1\nT0PSECRET', /line 2 of \/etc\/headers is not a header/],
  ['the host', 'HOST: T0PSECRET', /line 1 of \/etc\/headers has a header that certagent sets itself \(host\)/],
  ['the length', 'Content-Length: 0\nX: T0PSECRET', /sets itself \(content-length\)/],
  ['another framing', 'Transfer-Encoding: chunked', /sets itself/],
  ["the proxy's password", 'Proxy-Authorization: T0PSECRET', /sets itself/],
  ['a signature', 'Webhook-Signature: T0PSECRET', /sets itself/],
  ['a carriage return', 'X: a\rHost: T0PSECRET', /line 1 of \/etc\/headers is not a header/],
  ['a null', 'X: a\0T0PSECRET', /has a character/],
  ['what is not Latin-1', 'X: €T0PSECRET', /has a character/],
  ['a name with a space', 'X Y: T0PSECRET', /is not a header/],
  ['the same again', 'X: 1\nx: T0PSECRET', /line 2 .* repeats a header \(x\)/],
  ["a cluster's key", 'X: -----BEGIN PRIVATE KEY-----T0PSECRET', /holds a key of a cluster/],
];
for (const [name, text, expected] of BAD)
  test(`headers from a file are refused: ${name}`, async (t) => {
    const root = await makeRoot(t);
    const { url, received } = await webhookServer(t);
    const headers_file = await put(root, '/etc/headers', text);
    const error = await refused(sinkFor(url, root, { headers_file }).send(dispatch()));
    assert.match(error.message, expected);
    assert.doesNotMatch(JSON.stringify([error.message, error.stack, error.remedy]), /T0PSECRET/);
    assert.equal(received.length, 0);
  });

test('https through a proxy: CONNECT, its password to it alone, and the server proves who it is', async (t) => {
  const root = await makeRoot(t);
  const { port, ca, heard } = await tlsServer(t);
  const { at, asked } = await proxyServer(t, port);
  const ca_file = await put(root, '/etc/ca.pem', ca);
  const proxy_file = await put(root, '/etc/proxy', `http://us%40er:T0PSECRET@${at}\n`);
  const login = `Basic ${Buffer.from('us@er:T0PSECRET').toString('base64')}`;
  const url = 'https://hook.example.org/x';
  const sink = sinkFor(url, root, { ca_file, proxy: 'http://127.0.0.1:1', proxy_file });
  assert.equal(await sink.send(dispatch()), 'HTTP 202');
  assert.deepEqual(asked, [`CONNECT hook.example.org:443 ${login}`]);
  assert.deepEqual(heard, ['hook.example.org no proxy']);
  const other = await refused(
    sinkFor('https://other.example.org/', root, { ca_file, proxy: `http://${at}` }).send(dispatch()),
  );
  assert.match(other.message, /ERR_TLS_CERT_ALTNAME_INVALID/);
  const unknown = await refused(sinkFor(url, root, { proxy: `http://${at}` }).send(dispatch()));
  assert.match(unknown.message, /could not be reached \(.*(VERIFY|SIGN)/);
  assert.match(unknown.remedy ?? '', /ca_file/);
});

test('http through a proxy', async (t) => {
  const root = await makeRoot(t);
  const { at, asked } = await proxyServer(t, 1);
  await sinkFor('http://hook.example.org/x', root, { proxy: `http://${at}` }).send(dispatch());
  assert.deepEqual(asked, ['POST http://hook.example.org/x nobody']);
});

test('a proxy that refuses, or is none, is named without its password', async (t) => {
  const root = await makeRoot(t);
  const { at } = await proxyServer(t, 1, 'HTTP/1.1 407 T0PSECRET\r\n\r\n');
  const send = async (address: string) =>
    refused(
      sinkFor('https://h.example.org', root, { proxy_file: await put(root, '/etc/p', address) }).send(dispatch()),
    );
  const cases: [string, RegExp, RegExp][] = [
    [
      `http://u:T0PSECRET@${at}`,
      /^sink "hook": https:\/\/h.example.org could not be reached: its proxy answered HTTP 407$/,
      /proxy/,
    ],
    ['http://u:T0PSECRET@127.0.0.1:1', /could not be reached \(ECONNREFUSED\)/, /./],
    ['socks5://T0PSECRET', /its proxy is not the address of an HTTP proxy/, /./],
    ['T0PSECRET', /its proxy is not the address of an HTTP proxy/, /./],
  ];
  for (const [address, message, remedy] of cases) {
    const error = await send(address);
    assert.match(error.message, message);
    assert.match(error.remedy ?? '', remedy);
    assert.doesNotMatch(JSON.stringify([error.message, error.stack, error.remedy, error.cause]), /T0PSECRET/);
  }
});

test('a proxy that never answers does not hold up the end', async (t) => {
  const root = await makeRoot(t);
  const ending = new AbortController();
  const silent = createHttpServer();
  silent.on('connect', (_, socket) => {
    t.after(() => socket.destroy());
    ending.abort();
  });
  const proxy = `http://127.0.0.1:${await listening(t, silent)}`;
  const error = await refused(sinkFor('https://h.example.org', root, { proxy }).send(dispatch(), ending.signal));
  assert.match(error.message, /could not be reached/);
});

test("the environment's proxy is used, but for what NO_PROXY names and where the sink has its own", async (t) => {
  const root = await makeRoot(t);
  const { port, ca } = await tlsServer(t);
  const ca_file = await put(root, '/etc/ca.pem', ca);
  const fromEnvironment = await proxyServer(t, port);
  const own = await proxyServer(t, port);
  setEnvironment(t, { HTTPS_PROXY: `http://${fromEnvironment.at}`, NO_PROXY: '127.0.0.1' });
  await sinkFor('https://hook.example.org', root, { ca_file }).send(dispatch());
  assert.deepEqual(fromEnvironment.asked, ['CONNECT hook.example.org:443 nobody']);
  await sinkFor(`https://127.0.0.1:${port}`, root, { ca_file }).send(dispatch());
  await sinkFor('https://hook.example.org', root, { ca_file, proxy: `http://${own.at}` }).send(dispatch());
  assert.equal(fromEnvironment.asked.length, 1);
  assert.equal(own.asked.length, 1);
});

test('NO_PROXY as curl reads it', (t) => {
  const goesThrough = (address: string, list: string) => {
    setEnvironment(t, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: list });
    return proxyFor('hook', new URL(address), null) !== null;
  };
  const cases: [string, string, boolean][] = [
    ['https://a.example.org', '', true],
    ['https://a.example.org', 'example.org', false],
    ['https://a.example.org', '.example.org', false],
    ['https://a.example.org', '*.example.org', false],
    ['https://A.Example.org', 'EXAMPLE.org', false],
    ['https://badexample.org', 'example.org', true],
    ['https://a.example.org', 'b.example.org, a.example.org', false],
    ['https://a.example.org', '*', false],
    ['https://a.example.org:8443', 'a.example.org:8443', false],
    ['https://a.example.org', 'a.example.org:8443', true],
    ['https://10.1.2.3', '10.0.0.0/8', false],
    ['https://11.1.2.3', '10.0.0.0/8', true],
    ['https://10.1.2.3', '10.1.2.3', false],
    ['https://10.1.2.3', '10.0.0.0/99', true],
    ['https://[fd00::1]', 'fd00::/8', false],
    ['https://[fd00::1]', 'fd00::1', false],
    ['https://[fd00::1]', '[fd00::1]', false],
    ['https://[fe80::1]', 'fd00::/8,10.0.0.0/8', true],
  ];
  for (const [address, list, expected] of cases)
    assert.equal(goesThrough(address, list), expected, `${address} ${list}`);
});

const STORES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];
for (const store of STORES)
  test(`a CA in the node's own store is trusted: ${store}`, async (t) => {
    const root = await makeRoot(t);
    const { port, ca } = await tlsServer(t);
    const sink = sinkFor(`https://127.0.0.1:${port}`, root);
    const error = await refused(sink.send(dispatch()));
    assert.match(`${error.message} ${error.remedy}`, /ca_file/);
    await put(root, store, ca);
    assert.equal(await sink.send(dispatch()), 'HTTP 202');
    const other = await issueAuthority({
      commonName: 'other',
      notBefore: Date.now() - DAY,
      notAfter: Date.now() + DAY,
    });
    const ca_file = await put(root, '/etc/other.pem', other.certificatePem);
    await refused(sinkFor(`https://127.0.0.1:${port}`, root, { ca_file }).send(dispatch()));
  });

test('a store that others can write is not believed', { skip: process.getuid?.() !== 0 && 'needs root' }, async (t) => {
  const root = await makeRoot(t);
  const { port, ca } = await tlsServer(t);
  const path = await put(root, STORES[0]!, ca);
  const { chmod } = await import('node:fs/promises');
  await chmod(root.at(path), 0o666);
  await refused(sinkFor(`https://127.0.0.1:${port}`, root).send(dispatch()));
});
