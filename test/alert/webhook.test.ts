import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { SinkError } from '../../src/alert/sink.ts';
import { webhookSink } from '../../src/alert/webhook.ts';
import type { WebhookSink } from '../../src/config/sinks/webhook-keys.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import type { Root } from '../../src/host/root.ts';
import { issueAuthority, issueCertificate } from '../../testnode/pki.ts';
import { dispatch, everyKind, makeRoot, webhookServer } from './support.ts';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ....').toString('base64')}`;

const sinkFor = (url: string, root: Root, change: Partial<WebhookSink> = {}) =>
  webhookSink({ url, shape: 'standard', least: 'info', ...change }, 'hook', root, DAY);

async function put(root: Root, path: string, text: string): Promise<string> {
  await mkdir(root.at('/etc'), { recursive: true });
  await writeFile(root.at(path), text);
  return path;
}

test('a receiver with the secret verifies a signed message', async (t) => {
  const root = await makeRoot(t);
  const { url, received } = await webhookServer(t);
  const secret_file = await put(root, '/etc/secret', `${SECRET}\n`);
  assert.equal(await sinkFor(`${url}/hook`, root, { secret_file }).send(everyKind()), 'HTTP 200');
  const { headers, body, path } = received[0]!;
  assert.equal(path, '/hook');
  assert.equal(headers['webhook-id'], everyKind().id);
  assert.ok(new Webhook(SECRET).verify(body, headers as Record<string, string>));
  assert.throws(() => new Webhook(SECRET).verify(body.replace('node-1', 'node-2'), headers as Record<string, string>));
});

test('without a secret nothing is signed', async (t) => {
  const { url, received } = await webhookServer(t);
  await sinkFor(url, await makeRoot(t)).send(dispatch());
  assert.equal(received[0]!.headers['webhook-signature'], undefined);
  assert.equal(received[0]!.headers['content-type'], 'application/json');
});

test('each shape is taken by its kind of receiver', async (t) => {
  const root = await makeRoot(t);
  const { url, received } = await webhookServer(t);
  const secret_file = await put(root, '/etc/key', 'ROUTING-KEY');
  await sinkFor(url, root, { shape: 'slack' }).send(everyKind());
  await sinkFor(url, root, { shape: 'alertmanager' }).send(everyKind());
  await sinkFor(url, root, { shape: 'pagerduty', secret_file }).send(everyKind());
  const bodies = received.map(({ body }) => JSON.parse(body));
  assert.match(bodies[0].text, /node-1/);
  assert.equal(bodies[0].blocks[0].type, 'header');
  assert.equal(bodies[1][0].labels.alertname, 'CERTIFICATE_EXPIRED');
  assert.deepEqual(
    bodies.slice(2).map(({ event_action }) => event_action),
    ['trigger', 'trigger', 'resolve'],
  );
  assert.equal(bodies[2].routing_key, 'ROUTING-KEY');
});

test('a token is sent as each service wants it, and shows in no error', async (t) => {
  const root = await makeRoot(t);
  const { url, received, state } = await webhookServer(t);
  const token_file = await put(root, '/etc/token', '12345:T0PSECRET\n');
  const room = '!room:example.org';
  const shapes: [Partial<WebhookSink>, string, Record<string, string | undefined>][] = [
    [{ shape: 'standard' }, 'POST /x', { authorization: 'Bearer 12345:T0PSECRET' }],
    [{ shape: 'ntfy' }, 'POST /', { authorization: 'Bearer 12345:T0PSECRET' }],
    [{ shape: 'gotify' }, 'POST /x/message', { 'x-gotify-key': '12345:T0PSECRET', authorization: undefined }],
    [{ shape: 'telegram', chat_id: '-1' }, 'POST /x/bot12345:T0PSECRET/sendMessage', { authorization: undefined }],
    [
      { shape: 'matrix', room },
      `PUT /x/_matrix/client/v3/rooms/!room%3Aexample.org/send/m.room.message/${dispatch().id}`,
      { authorization: 'Bearer 12345:T0PSECRET', 'webhook-id': undefined },
    ],
  ];
  for (const [change, request, headers] of shapes) {
    const sink = sinkFor(`${url}/x`, root, { ...change, token_file });
    await sink.send(dispatch());
    const last = received.at(-1)!;
    assert.equal(`${last.method} ${last.path}`, request);
    for (const [name, value] of Object.entries(headers)) assert.equal(last.headers[name], value, change.shape);
    state.answer = (response) => void response.writeHead(401).end('T0PSECRET');
    const error = await sink.send(dispatch()).catch((thrown) => thrown as SinkError);
    assert.ok(error instanceof SinkError);
    assert.doesNotMatch(JSON.stringify([error.message, error.stack, error.remedy, error.cause]), /T0PSECRET/);
    state.answer = (response) => void response.end();
  }
});

test('a token that would change the address of a request is refused', async (t) => {
  const root = await makeRoot(t);
  const { url, received } = await webhookServer(t);
  const token_file = await put(root, '/etc/token', '1:a/../../other?x=');
  await assert.rejects(
    sinkFor(url, root, { shape: 'telegram', chat_id: '1', token_file }).send(dispatch()),
    /sink "hook": its token_file does not hold the token of a Telegram bot/,
  );
  await assert.rejects(sinkFor(url, root, { shape: 'ntfy' }).send(dispatch()), /does not end in a topic/);
  assert.equal(received.length, 0);
});

test('an address from a file is a secret: errors name the origin only', async (t) => {
  const root = await makeRoot(t);
  const { url, state } = await webhookServer(t);
  state.answer = (response) => void response.writeHead(404).end('no /T0PSECRET here');
  const url_file = await put(root, '/etc/url', `${url}/services/T0PSECRET?token=T0PSECRET`);
  const error = await sinkFor('', root, { url_file })
    .send(dispatch())
    .catch((thrown) => thrown as SinkError);
  assert.ok(error instanceof SinkError);
  assert.equal(error.message, `sink "hook": ${url} answered HTTP 404`);
  assert.doesNotMatch(JSON.stringify([error.stack, error.remedy, error.cause]), /T0PSECRET/);
});

const ANSWERS: [string, number, Record<string, string>, Partial<SinkError>][] = [
  ['a broken server', 500, {}, { retryAfter: null, refusesMessage: false }],
  ['a busy server', 429, { 'retry-after': '120' }, { retryAfter: 120_000, refusesMessage: false }],
  ['a date that is over', 503, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, { retryAfter: 0 }],
  ['a date that is none', 503, { 'retry-after': 'soon' }, { retryAfter: null }],
  ['a message that is refused', 422, {}, { refusesMessage: true }],
];
for (const [name, status, headers, expected] of ANSWERS)
  test(`${name}: HTTP ${status} ${JSON.stringify(headers)}`, async (t) => {
    const { url, state } = await webhookServer(t);
    state.answer = (response) => void response.writeHead(status, headers).end();
    const error = await sinkFor(url, await makeRoot(t))
      .send(dispatch())
      .catch((thrown) => thrown as SinkError);
    assert.ok(error instanceof SinkError);
    for (const [key, value] of Object.entries(expected)) assert.equal(error[key as keyof SinkError], value, key);
  });

test('a redirect is not followed', async (t) => {
  const { url, state, received } = await webhookServer(t);
  state.answer = (response) => void response.writeHead(307, { location: `${url}/elsewhere` }).end();
  await assert.rejects(sinkFor(url, await makeRoot(t)).send(dispatch()), /HTTP 307, and redirects are not followed/);
  assert.equal(received.length, 1);
});

test('an endless answer is cut off', async (t) => {
  const { url, state } = await webhookServer(t);
  state.answer = (response) => {
    response.writeHead(200);
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
    };
    response.on('drain', more);
    more();
  };
  assert.equal(await sinkFor(url, await makeRoot(t)).send(dispatch()), 'HTTP 200');
});

test('stop does not wait for a server that never answers', async (t) => {
  const { url, state } = await webhookServer(t);
  const ending = new AbortController();
  state.answer = () => {
    ending.abort();
  };
  await assert.rejects(sinkFor(url, await makeRoot(t)).send(dispatch(), ending.signal), /could not be reached/);
});

test('errors about bad secrets and addresses name the file', async (t) => {
  const root = await makeRoot(t);
  const { url } = await webhookServer(t);
  const secret_file = await put(root, '/etc/bad', 'not base64 !!!');
  const error = await sinkFor(url, root, { secret_file })
    .send(dispatch())
    .catch((thrown) => thrown as SinkError);
  assert.match(error instanceof SinkError ? error.message : '', /does not hold a signing secret/);
  assert.doesNotMatch(String((error as SinkError).stack), /not base64/);
  const url_file = await put(root, '/etc/url', 'gopher://x');
  await assert.rejects(
    sinkFor('', root, { url_file }).send(dispatch()),
    /\/etc\/url does not hold an http or https address/,
  );
  await assert.rejects(sinkFor(url, root, { ca_file: '/etc/none' }).send(dispatch()), /\/etc\/none does not exist/);
});

test('https: trusted by ca_file, and by nothing else', async (t) => {
  const root = await makeRoot(t);
  const times = { notBefore: Date.now() - DAY, notAfter: Date.now() + DAY };
  const ca = await issueAuthority({ commonName: 'hook CA', ...times });
  const { keyPem, certificatePem } = await issueCertificate({
    ca,
    subject: { commonName: 'hook' },
    sans: ['127.0.0.1'],
    usages: ['server'],
    ...times,
  });
  const server = createServer({ key: keyPem, cert: certificatePem }, (request, response) => {
    request.resume();
    response.writeHead(202).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await assert.rejects(sinkFor(url, root).send(dispatch()), /could not be reached \(.*(VERIFY|SIGN)/);
  const ca_file = await put(root, '/etc/ca.pem', ca.certificatePem);
  assert.equal(await sinkFor(url, root, { ca_file }).send(dispatch()), 'HTTP 202');
});
