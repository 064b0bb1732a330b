import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { currentEntries, parseIfKubeconfig, parseKubeconfig, whyUnusable } from '../../src/host/kubeconfig.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const SECRET = base64('-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n');
const TEXT = `apiVersion: v1
kind: Config
current-context: b
clusters:
- name: one
  cluster: {server: 'https://127.0.0.1:6443', certificate-authority-data: ${base64('CA')}}
- name: two
  cluster: {server: https://two.example, certificate-authority: /etc/ca.crt}
users:
- name: files
  user: {client-certificate: /etc/a.crt, client-key: /etc/a.key}
- name: token
  user: {token: hush}
- name: embedded
  user:
    client-certificate-data: ${base64('CERT')}
    client-key-data: ${SECRET}
contexts:
- {name: a, context: {cluster: one, user: files}}
- {name: b, context: {cluster: two, user: embedded}}
`;

test('embedded data, file references and other credentials are distinguished', () => {
  const config = parseKubeconfig(TEXT);
  assert.deepEqual(config.clusters, [
    { name: 'one', server: 'https://127.0.0.1:6443', serverName: null, ca: 'CA', caFile: null },
    { name: 'two', server: 'https://two.example', serverName: null, ca: null, caFile: '/etc/ca.crt' },
  ]);
  assert.deepEqual(
    config.users.map(({ name, certificate, certificateFile, otherCredential }) => ({
      name,
      certificate,
      certificateFile,
      otherCredential,
    })),
    [
      { name: 'files', certificate: null, certificateFile: '/etc/a.crt', otherCredential: null },
      { name: 'token', certificate: null, certificateFile: null, otherCredential: 'token' },
      { name: 'embedded', certificate: 'CERT', certificateFile: null, otherCredential: null },
    ],
  );
  assert.equal(currentEntries(config)?.user.name, 'embedded');
  assert.equal(currentEntries(config)?.cluster.name, 'two');
});

// The rules are client-go v0.36's (clientcmd.Load) and those of what it is made of: sigs.k8s.io/yaml and go-yaml v2, which
// follow YAML 1.1, and encoding/json. Each row was put to clientcmd.Load, but for those that say otherwise; so were 90,000
// changed kubeconfigs: where both read one, they read the same, and in 1 of 100 one refuses what the other reads, here mostly
// for text in quotes or brackets that continues at the left margin.
const user = (body: string) => `kind: Config\nusers: [{name: u, user: ${body}}]\n`;
const minimal = 'kind: Config\nusers: [{name: u}]\n';

describe('a kubeconfig is read as kubectl reads it', () => {
  const forms: [string, string | Buffer, string[]][] = [
    ['no kind', 'users: [{name: u}]\n', ['u']],
    ['an empty kind and apiVersion', 'kind: ""\napiVersion: ""\nusers: [{name: u}]\n', ['u']],
    ['apiVersion v1 in another spelling', `apiVersion: /v1\n${minimal}`, ['u']],
    ['nothing at all', '', []],
    ['only a comment', '# nothing\n', []],
    ['null lists', 'users: ~\nclusters:\ncontexts: null\n', []],
    ['an entry that is null', 'users: [~]\n', ['']],
    ['an entry without a name', 'users: [{user: {}}]\n', ['']],
    ['a name that looks like a date', 'users: [{name: 2020-01-01}]\n', ['2020-01-01']],
    ['a name in quotes that looks like a boolean', 'users: [{name: "yes"}]\n', ['yes']],
    ['keys that nobody knows', `${minimal}more: {than: 1}\n`, ['u']],
    ['a key twice: the last one counts', 'users: [{name: a}]\nusers: [{name: b}]\n', ['b']],
    ['a trailing ---', `${minimal}---\n`, ['u']],
    ['a second document, which kubectl ignores', `${minimal}---\nkind: Pod\nusers: [\n`, ['u']],
    ['an end of the document, and garbage', `${minimal}...\n[\n`, ['u']],
    ['an empty document before it', `---\n---\n${minimal}`, []],
    ['an alias', 'a: &a {name: u}\nusers: [*a]\n', ['u']],
    ['an anchor of the same name again', 'a: &a x\nb: &a {name: u}\nusers: [*a]\n', ['u']],
    ['a merge', 'a: &a {name: u}\nusers: [{<<: *a}]\n', ['u']],
    ['a merge after the key: it counts', 'users: [{name: a, <<: {name: b}}]\n', ['b']],
    ['a merge of several: the first counts', 'users: [{<<: [{name: a}, {name: b}]}]\n', ['a']],
    ['JSON', '{"kind": "Config", "users": [{"name": "u"}]}', ['u']],
    ['JSON indented with tabs', '{\n\t"users": [\n\t\t{"name": "u"}\n\t]\n}\n', ['u']],
    ['JSON, and another', '{"users": [{"name": "u"}]}\n{"kind": "Pod"}\n', ['u']],
    ['a comma too much', '{"users": [{"name": "u"},],}', ['u']],
    ['a comment right after quotes', 'users: [{name: u}]\ncurrent-context: "x"# mine\n', ['u']],
    ['a byte order mark', `\ufeff${minimal}`, ['u']],
    ['CRLF', minimal.replaceAll('\n', '\r\n'), ['u']],
    ['line breaks of old Macs', minimal.replaceAll('\n', '\r'), ['u']],
    ['UTF-16 with its mark', Buffer.from(`\ufeff${minimal}`, 'utf16le'), ['u']],
    ['two extensions of the same name', `${minimal}extensions: [{name: a}, {name: a}]\n`, ['u']],
    ['%YAML 1.1', `%YAML 1.1\n---\n${minimal}`, ['u']],
    ['a tag', 'users: [{name: !!str 12}]\n', ['12']],
  ];
  for (const [what, text, names] of forms)
    test(what, () => {
      const { users } = parseKubeconfig(text);
      assert.deepEqual(
        users.map(({ name }) => name),
        names,
      );
    });

  const data: [string, string][] = [
    ['QUJD', 'on one line'],
    ['"QU\\r\\nJD\\n"', 'with line breaks'],
    ['|\n      QU\n      JD\n', 'as a literal block'],
    ['!!binary UVVKRA==', 'as base64 of base64'],
    ['[65, 66, 67]', 'as numbers'],
  ];
  for (const [value, what] of data)
    test(`data ${what}`, () => {
      const text = `users:\n- name: u\n  user:\n    client-key-data: ${value}\n`;
      assert.equal(parseKubeconfig(text).users[0]?.key, 'ABC');
    });
});

describe('a kubeconfig that kubectl refuses is refused, and no secret is quoted', () => {
  const forms: [string, string | Buffer, string][] = [
    ['another kind', 'kind: Pod', 'BAD_KUBECONFIG'],
    ['another kind, whose key is not in small letters', 'Kind: Pod\n', 'BAD_KUBECONFIG'],
    ['a kind that is not text', 'kind: 1\n', 'BAD_KUBECONFIG'],
    ['another apiVersion', 'apiVersion: v2\nkind: Config\n', 'BAD_KUBECONFIG'],
    ['a list', '- a', 'BAD_KUBECONFIG'],
    ['plain text', 'hello', 'BAD_KUBECONFIG'],
    ['no YAML', 'kind: Config\nusers: [', 'BAD_YAML'],
    ['an alias of nothing', 'users: *hush\n', 'BAD_YAML'],
    ['an alias of itself', 'a: &a [*a]\n', 'BAD_YAML'],
    ['an alias repeated without measure', bomb(), 'BAD_YAML'],
    ['a merge of what is not a mapping', 'users: [{<<: 1}]\n', 'BAD_YAML'],
    ['users that are not a list', 'kind: Config\nusers: {}', 'BAD_KUBECONFIG'],
    ['a user that is text', 'users: [hush]\n', 'BAD_KUBECONFIG'],
    ['a user without a body of keys', 'users: [{name: u, user: hush}]\n', 'BAD_KUBECONFIG'],
    ['two users of the same name', 'users: [{name: u}, {name: u}]\n', 'BAD_KUBECONFIG'],
    ['two clusters of the same name', 'clusters: [{name: c}, {name: c}]\n', 'BAD_KUBECONFIG'],
    ['two contexts without a name', 'contexts: [{}, {}]\n', 'BAD_KUBECONFIG'],
    ['a name that YAML 1.1 takes for a boolean', 'users: [{name: yes}]\n', 'BAD_KUBECONFIG'],
    ['a name that is a number', 'users: [{name: 0x1f}]\n', 'BAD_KUBECONFIG'],
    ['a token that is a number', user('{token: 1_000}'), 'BAD_KUBECONFIG'],
    ['preferences that are text', 'preferences: none\n', 'BAD_KUBECONFIG'],
    ['a flag in quotes', 'clusters: [{cluster: {insecure-skip-tls-verify: "true"}}]\n', 'BAD_KUBECONFIG'],
    ['arguments that are numbers', user('{exec: {command: a, args: [1]}}'), 'BAD_KUBECONFIG'],
    ['a plugin setting that is a number', user('{auth-provider: {config: {a: 1}}}'), 'BAD_KUBECONFIG'],
    ['an extension without a list', 'extensions: {}\n', 'BAD_KUBECONFIG'],
    ['data that is not base64', user('{client-key-data: "hush!!"}'), 'BAD_KUBECONFIG'],
    ['padding lost', user('{client-key-data: QQ}'), 'BAD_KUBECONFIG'],
    ['padding too much', user('{client-key-data: QUJD=}'), 'BAD_KUBECONFIG'],
    ['a blank in the data', user('{client-key-data: "QU JD"}'), 'BAD_KUBECONFIG'],
    ['base64 for URLs', user('{client-key-data: "-_-_"}'), 'BAD_KUBECONFIG'],
    ['a folded block', 'users:\n- user:\n    client-key-data: >\n      QUJD\n      QUJD\n', 'BAD_KUBECONFIG'],
    ['data that is a number', user('{client-key-data: 12345678}'), 'BAD_KUBECONFIG'],
    ['numbers beyond a byte', user('{client-key-data: [256]}'), 'BAD_KUBECONFIG'],
    ['a byte that is not UTF-8', Buffer.from(`${minimal}# caf\xe9\n`, 'latin1'), 'BAD_KUBECONFIG'],
    ['a control character in a comment', `${minimal}# \x07\n`, 'BAD_YAML'],
    ['a tab as indentation', 'users:\n\t- name: u\n', 'BAD_YAML'],
    ['a tab on a line of its own', 'kind: Config\n\t\nusers: []\n', 'BAD_YAML'],
    ['an escape that only JSON has', '{"current-context": "a\\/b"}', 'BAD_YAML'],
    ['%YAML 1.2', `%YAML 1.2\n---\n${minimal}`, 'BAD_YAML'],
    ['infinity', 'a: .inf\n', 'BAD_YAML'],
    ['a key that is null', '~: a\n', 'BAD_YAML'],
    // kubectl reads this one: the comment is after the first document.
    ['not UTF-8, in what nobody reads', Buffer.from(`${minimal}...\n\xe9\n`, 'latin1'), 'BAD_KUBECONFIG'],
    [
      'damage beside a secret',
      TEXT.replace('kind: Config', 'kind: Config:\n  - {').replace('users:', `x: ${SECRET}: {`),
      'BAD_YAML',
    ],
  ];
  for (const [what, text, code] of forms)
    test(what, () => {
      assert.throws(
        () => parseKubeconfig(text),
        (error: Error & { code?: string }) =>
          error.code === code && !String(error).includes(SECRET.slice(20, 60)) && !String(error).includes('hush'),
      );
    });
});

function bomb(): string {
  const lines = Array.from({ length: 40 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`);
  return ['a0: &a0 [x, x]', ...lines].join('\n');
}

describe('a kubeconfig that can be read and not used', () => {
  const config = (changes: string) => whyUnusable(parseKubeconfig(`${TEXT}${changes}\n`));
  test('is one whose current context, cluster, user or server is not there', () => {
    assert.equal(config(''), null);
    assert.equal(config('current-context: ""'), null);
    assert.match(config('current-context: none') ?? '', /"none", which it does not define/);
    assert.match(config('users: []') ?? '', /no user or no cluster/);
    assert.match(config('clusters: [{name: two, cluster: {insecure-skip-tls-verify: true}}]') ?? '', /no server/);
  });
  test('is one with data and a file for the same thing', () => {
    const both = 'client-certificate: /c, client-certificate-data: QUJD, client-key-data: QUJD';
    assert.match(config(`users: [{name: embedded, user: {${both}}}]`) ?? '', /client-certificate of user "embedded"/);
  });
});

test('a file is recognised as a kubeconfig by parsing, not by its look', () => {
  const is = (text: string) => parseIfKubeconfig(Buffer.from(text)) !== null;
  assert.deepEqual(['kind: Config # mine', '{"kind":"Config"}', 'users: []', 'current-context: x', minimal].map(is), [
    true,
    true,
    true,
    true,
    true,
  ]);
  assert.deepEqual(['kind: Pod', 'kind: ConfigMap\nusers: []', 'hello', '- a', '', 'other: 1'].map(is), [
    false,
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('a file of ten thousand nested brackets is refused, not followed', () => {
  assert.throws(() => parseKubeconfig(`kind: Config\nusers: ${'['.repeat(10_000)}`), { code: 'BAD_YAML' });
});
