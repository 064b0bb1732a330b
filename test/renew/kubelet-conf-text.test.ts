// What kubeadm prints as a kubelet.conf: taken only when it is exactly what was asked for, and never quoted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY } from '../../src/domain/time/duration.ts';
import { parseKubeconfig } from '../../src/host/kubeconfig.ts';
import { printedCredentials, type Wanted, withCredentials } from '../../src/renew/units/kubelet-conf-text.ts';
import { kubeconfigText } from '../../testnode/kubeconfig-text.ts';
import { issueAuthority, issueCertificate } from '../../testnode/pki.ts';

const NOW = Date.now();
const USER = 'system:node:one';
const span = { notBefore: NOW - DAY, notAfter: NOW + 900 * DAY };
const [ca, otherCa] = await Promise.all([
  issueAuthority({ commonName: 'kubernetes', ...span }),
  issueAuthority({ commonName: 'kubernetes', ...span }),
]);
type Request = Partial<Parameters<typeof issueCertificate>[0]>;
const leaf = (change: Request = {}) =>
  issueCertificate({
    ca,
    subject: { commonName: USER, organizations: ['system:nodes'] },
    usages: ['client'],
    notBefore: NOW - DAY,
    notAfter: NOW + 365 * DAY,
    ...change,
  });
const good = await leaf();
const other = await leaf();
const wanted: Wanted = { user: USER, group: 'system:nodes', ca: ca.certificatePem, later: NOW, now: NOW };

function printed(
  credentials: Parameters<typeof kubeconfigText>[0]['credentials'] = good,
  server = 'https://printed:6443',
) {
  return kubeconfigText({ server, ca: { pem: ca.certificatePem }, cluster: 'kubernetes', user: USER, credentials });
}

test('what kubeadm prints is taken', () => {
  const { credentials, certificate } = printedCredentials(printed(), wanted);
  assert.equal(certificate.commonName, USER);
  const decoded = Object.fromEntries(
    Object.entries(credentials).map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]),
  );
  assert.deepEqual(decoded, { 'client-certificate-data': good.certificatePem, 'client-key-data': good.keyPem });
});

const twoUsers = printed().replace('users:\n', 'users:\n- name: second\n  user: {}\n');
const withToken = printed().replace(
  '  user:\n    client-certificate-data',
  '  user:\n    token: abc\n    client-certificate-data',
);
const REFUSED: [what: string, text: string, why: RegExp, wanted?: Partial<Wanted>][] = [
  ['nothing', '', /one user/],
  ['text', 'Found multiple CRI endpoints', /it is not a mapping/],
  ['broken YAML', `{${printed()}`, /it is not valid YAML/],
  ['a line before it', `[kubeconfig] Reading configuration\n${printed()}`, /it is not valid YAML/],
  ['two users', twoUsers, /one user/],
  ['a context without its user', printed().replace(`    user: ${USER}`, '    user: nobody'), /current context/],
  ['files', printed({ certificateFile: '/a.crt', keyFile: '/a.key' }), /does not have a certificate and a key/],
  ['a token too', withToken, /and nothing else/],
  ['a chain', printed({ ...good, certificatePem: good.certificatePem + ca.certificatePem }), /one certificate/],
  ['no PEM', printed({ ...good, certificatePem: 'x' }), /one certificate/],
  ['another user', printed(), /not for system:node:two/, { user: 'system:node:two' }],
  ['a CA', printed(ca), /not for/],
  ['another key', printed({ ...good, keyPem: other.keyPem }), /its key does not belong/],
  ['no key', printed({ ...good, keyPem: 'x' }), /it is not a private key/],
  ['another CA', printed(), /did not sign/, { ca: otherCa.certificatePem }],
  ['an unknown CA', printed(), /did not sign/, { ca: null }],
  ['one that is valid no longer than the previous', printed(), /not valid for longer/, { later: NOW + 365 * DAY + 1 }],
  ['one that is not valid yet', printed(), /not valid for longer/, { now: NOW - 2 * DAY }],
  [
    'another group',
    printed(await leaf({ subject: { commonName: USER, organizations: ['system:masters'] } })),
    /not of the group system:nodes alone/,
  ],
  [
    'one more group',
    printed(await leaf({ subject: { commonName: USER, organizations: ['system:nodes', 'system:masters'] } })),
    /not of the group system:nodes alone/,
  ],
  ['a serving certificate', printed(await leaf({ usages: ['server'] })), /not for a client/],
];
for (const [what, text, why, change] of REFUSED)
  test(`refused, and not quoted: ${what}`, () => {
    assert.throws(
      () => printedCredentials(text, { ...wanted, ...change }),
      (error: Error & { code: string; cause?: unknown }) => {
        assert.equal(error.code, 'KUBELET_CONF_REFUSED');
        assert.match(error.message, why);
        assert.doesNotMatch(`${error.message}${error.stack}`, /PRIVATE|[A-Za-z0-9+/=]{60}/);
        return error.cause === undefined;
      },
    );
  });

/** kubelet.conf files of nodes, each with what must stay. */
const previous = printed({ certificateFile: '/c.pem', keyFile: '/c.pem' }, 'https://lb.example:8443');
const CONFS: [what: string, text: string][] = [
  ["kubeadm's", previous],
  ['embedded credentials', printed(other, 'https://lb.example:8443')],
  ['a CA file', previous.replace(/certificate-authority-data: .*/, 'certificate-authority: /ca.crt')],
  [
    'settings of the connection',
    previous.replace('    server:', '    proxy-url: http://p:1\n    tls-server-name: "yes"\n    server:'),
  ],
  ['another user', previous.replace('users:\n', 'users:\n- name: "0123"\n  user:\n    token: "1e3"\n')],
  ['odd names', previous.replaceAll('kubernetes', '"on"')],
];
for (const [what, text] of CONFS)
  test(`only the credentials change: ${what}`, () => {
    const { credentials } = printedCredentials(printed(), wanted);
    const changed = withCredentials(text, credentials);
    const [before, after] = [parseKubeconfig(text), parseKubeconfig(changed)];
    const mine = after.users.find(({ name }) => name === USER)!;
    assert.deepEqual([mine.certificate, mine.key], [good.certificatePem, good.keyPem]);
    assert.deepEqual([mine.certificateFile, mine.keyFile], [null, null]);
    const rest = { ...before, users: before.users.map((user) => (user.name === USER ? mine : user)) };
    assert.deepEqual(after, rest);
    for (const setting of ['proxy-url: http://p:1', 'tls-server-name: "yes"'])
      assert.equal(changed.includes(setting), text.includes(setting), setting);
    assert.equal(withCredentials(changed, credentials), changed);
  });

for (const [what, text] of [
  ['no current context', previous.replace(/^current-context: .*$/m, '')],
  ['no server', previous.replace(/^ +server: .*\n/m, '')],
  ['nothing', ''],
] as const)
  test(`a kubelet.conf that names no server is not changed: ${what}`, () => {
    assert.throws(() => withCredentials(text, { 'client-certificate': '/c', 'client-key': '/c' }), {
      code: 'BAD_KUBECONFIG',
    });
  });
