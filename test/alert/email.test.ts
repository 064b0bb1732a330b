import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { before, test } from 'node:test';
import { simpleParser } from 'mailparser';
import type { SMTPServerOptions } from 'smtp-server';
import { emailSink } from '../../src/alert/email.ts';
import { SinkError } from '../../src/alert/sink.ts';
import type { EmailSink } from '../../src/config/sinks/email-keys.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import type { Root } from '../../src/host/root.ts';
import { type Issued, issueAuthority, issueCertificate } from '../../testnode/pki.ts';
import { AT, dispatch, everyKind, mailServer, makeRoot } from './support.ts';

const PASSWORD = 'correct horse battery';
let authority: Issued;
let server: Issued;
before(async () => {
  const times = { notBefore: Date.now() - DAY, notAfter: Date.now() + DAY };
  authority = await issueAuthority({ commonName: 'mail CA', ...times });
  server = await issueCertificate({
    ca: authority,
    subject: { commonName: 'mail' },
    sans: ['127.0.0.1'],
    usages: ['server'],
    ...times,
  });
});

const tls = () => ({ key: server.keyPem, cert: server.certificatePem });
const auth: SMTPServerOptions = {
  onAuth({ username, password }, _session, done) {
    // A careless server that repeats what it was given.
    if (password !== PASSWORD) return done(new Error(`no such user or password: ${password}`));
    done(null, { user: username });
  },
};

const settings = (port: number, change: Partial<EmailSink> = {}): EmailSink => ({
  host: '127.0.0.1',
  port,
  security: 'none',
  from: 'certagent <certagent@example.org>',
  to: ['ops@example.org', 'boss@example.org'],
  least: 'info',
  ...change,
});

async function trust(root: Root): Promise<string> {
  await mkdir(root.at('/etc'), { recursive: true });
  await writeFile(root.at('/etc/ca.pem'), authority.certificatePem);
  return '/etc/ca.pem';
}

test('one email reaches every recipient, as text and as a table', async (t) => {
  const { port, emails } = await mailServer(t, { disabledCommands: ['AUTH', 'STARTTLS'] });
  assert.equal(await emailSink(settings(port), 'mail', await makeRoot(t)).send(everyKind()), 'accepted');
  assert.deepEqual(emails[0]!.recipients, ['ops@example.org', 'boss@example.org']);
  const mail = await simpleParser(emails[0]!.raw);
  assert.match(mail.subject ?? '', /^\[certagent\] CRITICAL node-1 \(oslo\): 2 certificates have expired/);
  assert.match(mail.text ?? '', /STILL WARNING: The clock is not synchronised/);
  assert.match(mail.html || '', /<table/);
  assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
  assert.equal(mail.headers.get('x-certagent-severity'), 'critical');
  assert.equal(mail.headers.get('x-certagent-labels'), 'site=oslo, instance=node-1:9100');
  assert.equal(mail.messageId, `<${everyKind().id}@example.org>`);
  assert.equal(mail.date?.getTime(), AT);
});

test('STARTTLS: nothing is sent to a server that does not offer it', async (t) => {
  const { port, emails } = await mailServer(t, { disabledCommands: ['AUTH', 'STARTTLS'] });
  const sink = emailSink(settings(port, { security: 'starttls' }), 'mail', await makeRoot(t));
  await assert.rejects(
    sink.send(dispatch()),
    (error) => error instanceof SinkError && /sink "mail": 127\.0\.0\.1/.test(error.message),
  );
  assert.equal(emails.length, 0);
});

for (const security of ['starttls', 'tls'] as const)
  test(`${security}: encrypted, trusted by ca_file, logged in`, async (t) => {
    const root = await makeRoot(t);
    const { port, emails } = await mailServer(t, { secure: security === 'tls', ...tls(), ...auth });
    await mkdir(root.at('/run/credentials/certagent.service'), { recursive: true });
    await writeFile(root.at('/run/credentials/certagent.service/smtp'), `${PASSWORD}\n`);
    const config = settings(port, { security, ca_file: await trust(root), user: 'me', password_file: 'smtp' });
    await emailSink(config, 'mail', root).send(dispatch());
    assert.deepEqual([emails[0]!.secure, emails[0]!.user], [true, 'me']);
  });

test('a server with an unknown CA is refused', async (t) => {
  const { port, emails } = await mailServer(t, { ...tls(), authOptional: true });
  const sink = emailSink(settings(port, { security: 'starttls' }), 'mail', await makeRoot(t));
  await assert.rejects(sink.send(dispatch()), /did not accept the email/);
  assert.equal(emails.length, 0);
});

test('a refused log-in names the sink and never the password', async (t) => {
  const root = await makeRoot(t);
  const { port } = await mailServer(t, { ...tls(), ...auth });
  const secret = 'wrong horse';
  await trust(root);
  await writeFile(root.at('/etc/password'), secret);
  const config = settings(port, {
    security: 'starttls',
    ca_file: '/etc/ca.pem',
    user: 'me',
    password_file: '/etc/password',
  });
  const error = await emailSink(config, 'mail', root)
    .send(dispatch())
    .catch((thrown) => thrown as SinkError);
  assert.ok(error instanceof SinkError);
  assert.match(error.message, /^sink "mail": .*EAUTH/);
  assert.doesNotMatch(JSON.stringify([error.message, error.stack, error.remedy, error.cause]), /wrong horse/);
  assert.equal(error.refusesMessage, false);
});

test('a message that the server refuses, and one recipient that it refuses', async (t) => {
  const { port } = await mailServer(t, {
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: ({ address }, _session, done) => done(address.startsWith('boss') ? new Error('no such boss') : null),
    onData: (stream, _session, done) => {
      stream.resume();
      stream.on('end', () => done(Object.assign(new Error('spam'), { responseCode: 554 })));
    },
  });
  const sink = emailSink(settings(port), 'mail', await makeRoot(t));
  await assert.rejects(sink.send(dispatch()), (error) => error instanceof SinkError && error.refusesMessage);
  const other = await mailServer(t, {
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: ({ address }, _session, done) => done(address.startsWith('boss') ? new Error('no such boss') : null),
  });
  const said = await emailSink(settings(other.port), 'mail', await makeRoot(t)).send(dispatch());
  assert.equal(said, 'accepted, but not for 1 of 2 recipients');
});

test('missing files are named', async (t) => {
  const root = await makeRoot(t);
  const send = (change: Partial<EmailSink>) => emailSink(settings(1, change), 'mail', root).send(dispatch());
  await assert.rejects(
    send({ user: 'me', password_file: 'smtp' }),
    /\/run\/credentials\/certagent\.service\/smtp cannot be read \(ENOENT\)/,
  );
  await assert.rejects(send({ ca_file: '/etc/none.pem' }), /\/etc\/none\.pem does not exist/);
  await mkdir(root.at('/etc'));
  await writeFile(root.at('/etc/empty'), '\n');
  await assert.rejects(send({ user: 'me', password_file: '/etc/empty' }), /\/etc\/empty is empty/);
  await assert.rejects(send({}), /127\.0\.0\.1:1 did not accept the email \(ESOCKET|ECONN/);
});

test('stop does not wait for a server that does not answer', async (t) => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const ending = new AbortController();
  silent.once('connection', () => ending.abort());
  const sink = emailSink(settings((silent.address() as AddressInfo).port), 'mail', await makeRoot(t));
  await assert.rejects(sink.send(dispatch(), ending.signal), SinkError);
});
