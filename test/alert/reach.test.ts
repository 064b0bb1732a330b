// What `certagent doctor` finds out about sinks without sending anything.
import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { before, test } from 'node:test';
import { reachSink } from '../../src/alert/reach/index.ts';
import { parseConfig } from '../../src/config/load.ts';
import { namedSinks } from '../../src/config/sinks/index.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import type { Root } from '../../src/host/root.ts';
import { type Issued, issueAuthority, issueCertificate } from '../../testnode/pki.ts';
import { mailServer, makeRoot, webhookServer } from './support.ts';

let authority: Issued;
let server: Issued;
before(async () => {
  const times = { notBefore: Date.now() - DAY, notAfter: Date.now() + DAY };
  authority = await issueAuthority({ commonName: 'sink CA', ...times });
  server = await issueCertificate({
    ca: authority,
    subject: { commonName: 'sink' },
    sans: ['127.0.0.1'],
    usages: ['server'],
    ...times,
  });
});

async function reach(root: Root, toml: string): Promise<string> {
  const [sink] = namedSinks((await parseConfig(toml, 'test')).alerts);
  return reachSink(sink!, root);
}

const email = (port: number, more = '') =>
  `[[alerts.email]]\nhost = "127.0.0.1"\nport = ${port}\nsecurity = "none"\nfrom = "a@example.org"\nto = ["b@example.org"]\n${more}`;

async function put(root: Root, path: string, content: string): Promise<void> {
  await mkdir(root.at(path.replace(/\/[^/]+$/, '')), { recursive: true });
  await writeFile(root.at(path), content, { mode: 0o600 });
}

test('a mail server is greeted, and gets no email', async (t) => {
  const { port, emails } = await mailServer(t, { disabledCommands: ['AUTH', 'STARTTLS'] });
  assert.equal(await reach(await makeRoot(t), email(port)), `127.0.0.1:${port} answers`);
  assert.deepEqual(emails, []);
});

test('a mail server that refuses the password, which is quoted nowhere', async (t) => {
  const root = await makeRoot(t);
  await put(root, '/etc/password', 'correct horse battery');
  const login = 'user = "u"\npassword_file = "/etc/password"\n';
  const { port } = await mailServer(t, {
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => done(new Error('no such user or password: correct horse battery')),
  });
  await assert.rejects(reach(root, email(port, login)), (error: Error) => {
    assert.match(error.message, /did not accept the email/);
    assert.doesNotMatch(error.message, /horse/);
    return true;
  });
});

test('a webhook is connected to, and asked nothing', async (t) => {
  const { url, received } = await webhookServer(t);
  const root = await makeRoot(t);
  assert.match(await reach(root, `[[alerts.webhook]]\nurl = "${url}"\n`), /^http:\/\/127\.0\.0\.1:\d+ answers$/);
  assert.match(await reach(root, `[[alerts.heartbeat]]\nurl = "${url}"\n`), / answers$/);
  assert.deepEqual(received, []);
});

test('a webhook over TLS is believed by its CA alone', async (t) => {
  const https = createTlsServer({ key: server.keyPem, cert: server.certificatePem }, () => assert.fail('it was asked'));
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
  t.after(() => https.close());
  const { port } = https.address() as AddressInfo;
  const root = await makeRoot(t);
  await put(root, '/etc/ca.pem', authority.certificatePem);
  const webhook = `[[alerts.webhook]]\nurl = "https://127.0.0.1:${port}/x"\n`;
  assert.match(await reach(root, `${webhook}ca_file = "/etc/ca.pem"\n`), /answers over TLS$/);
  await assert.rejects(reach(root, webhook), {
    message: /could not be reached \(UNABLE_TO_/,
    remedy: /ca_file/,
  });
});

test('a server that is not there, and a secret that is missing', async (t) => {
  const root = await makeRoot(t);
  const webhook = '[[alerts.webhook]]\nurl = "http://127.0.0.1:1/x"\n';
  await assert.rejects(reach(root, webhook), {
    code: 'SINK_REFUSED',
    message: /127\.0\.0\.1:1 could not be reached \(ECONNREFUSED\)/,
  });
  await assert.rejects(reach(root, `${webhook}secret_file = "/etc/none"\n`), { message: /\/etc\/none cannot be read/ });
});

test('a program is looked for with its user, and not run', async (t) => {
  const root = await makeRoot(t);
  await put(root, '/etc/passwd', 'nobody:x:65534:65534::/:/bin/false\n');
  await put(root, '/usr/bin/deliver', '#!/bin/sh\nexit 1\n');
  const command = (more = '') => `[[alerts.command]]\ncommand = ["/usr/bin/deliver"]\n${more}`;
  await assert.rejects(reach(root, command()), { message: /\/usr\/bin\/deliver is not executable/ });
  await chmod(root.at('/usr/bin/deliver'), 0o755);
  assert.equal(await reach(root, command()), '/usr/bin/deliver can be run as nobody');
  await assert.rejects(reach(root, command('user = "mallory"\n')), { message: /no user mallory/ });
});
