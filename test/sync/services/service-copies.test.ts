// Copies of certificates for services: which are made, which are refused, and that a file is never half of one.
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, linkSync, readdirSync, symlinkSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createServer } from 'node:tls';
import { parseConfig } from '../../../src/config/load.ts';
import type { CopyOutcome } from '../../../src/domain/model/journal.ts';
import { Root } from '../../../src/host/root.ts';
import { observe } from '../../../src/observe/observe.ts';
import { REPLACED_DIR } from '../../../src/sync/services/replaced-files.ts';
import { syncServiceCopies } from '../../../src/sync/services/service-copies.ts';
import { readNow, writeFiles } from '../../../src/sync/services/write-files.ts';
import type { TestNode } from '../../../testnode/node.ts';
import { nodeFor } from '../../testnode/support.ts';

const isRoot = process.getuid?.() === 0;
const PKI = '/etc/kubernetes/pki';
const TO = '/etc/nginx/ssl/k8s.pem';
const KEY = '/etc/nginx/ssl/k8s.key';

type Ground = {
  node: TestNode;
  at(path: string): string;
  text(path: string): Promise<string>;
  sync(toml: string, dryRun?: boolean): Promise<CopyOutcome[]>;
  /** The orders that systemctl got. */
  orders(): Promise<string[]>;
  systemctl(script: string): Promise<void>;
};

async function ground(t: TestContext): Promise<Ground> {
  const node = await nodeFor(t, { kind: 'kubeadm-external-etcd' });
  const root = new Root(node.root);
  const at = (path: string) => join(node.root, path);
  await mkdir(at('/etc/nginx/ssl'), { recursive: true });
  const inventory = await observe({ root, config: { watch: { paths: ['/srv/mine.crt'] }, node: {} }, now: Date.now() });
  const made: Ground = {
    node,
    at,
    text: (path) => readFile(at(path), 'utf8'),
    sync: async (toml, dryRun = false) => {
      const { copies } = await parseConfig(toml, 'config');
      return syncServiceCopies(copies.certificates, { root, inventory, dryRun });
    },
    orders: async () => (await readFile(at('/run/orders'), 'utf8').catch(() => '')).split('\n').slice(0, -1),
    systemctl: (script) =>
      writeFile(
        at('/usr/bin/systemctl'),
        `#!/bin/sh\ntest "$1" = show || echo "$*" >> ${at('/run/orders')}\n${script}\n`,
        {
          mode: 0o755,
        },
      ),
  };
  await made.systemctl(ACTIVE);
  return made;
}

const ACTIVE = 'case $1 in show) printf "LoadState=loaded\\nActiveState=active\\nSubState=running\\n";; esac';

const copy = (lines: string) => `[[copies.certificates]]\n${lines}\n`;
const brief = (outcomes: CopyOutcome[]) => outcomes.map(({ result, detail }) => `${result}: ${detail}`);

function fits(certificate: string, key: string): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
}

describe('a copy for a service', { concurrency: 2 }, () => {
  it('is made in each format, with its mode, and stays as it is while nothing changes', async (t) => {
    const { sync, text, at } = await ground(t);
    const toml = [
      'from = "apiserver"\nto = "/etc/nginx/ssl/a.pem"\nformat = "pem"',
      'from = "apiserver"\nto = "/etc/nginx/ssl/b.pem"\nformat = "key-and-certificate"\nmode = "0640"',
      `from = "apiserver"\nto = "${TO}"\nkey_to = "${KEY}"`,
      'from = "ca"\nto = "/etc/nginx/ssl/ca.pem"',
      'from = "admin.conf"\nto = "/etc/nginx/ssl/admin.key"\nformat = "key"',
    ].map(copy);
    const made = await sync(toml.join(''));
    assert.deepEqual(
      made.map(({ path, result }) => `${path} ${result}`),
      ['a.pem', 'b.pem', 'k8s.pem', 'ca.pem', 'admin.key'].map((name) => `/etc/nginx/ssl/${name} created`),
    );
    const [certificate, key] = [await text(`${PKI}/apiserver.crt`), await text(`${PKI}/apiserver.key`)];
    assert.equal(await text('/etc/nginx/ssl/a.pem'), certificate);
    assert.equal(await text(TO), certificate);
    assert.ok(fits(certificate, await text(KEY)) && fits(certificate, key));
    const both = await text('/etc/nginx/ssl/b.pem');
    assert.match(both, /^-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*-----BEGIN CERTIFICATE-----/);
    assert.ok(fits(both.slice(both.indexOf('-----BEGIN CERTIFICATE')), both));
    assert.equal(await text('/etc/nginx/ssl/ca.pem'), await text(`${PKI}/ca.crt`));
    const modes = await Promise.all(
      readdirSync(at('/etc/nginx/ssl')).map(async (name) => [
        name,
        (await stat(at(`/etc/nginx/ssl/${name}`))).mode & 0o777,
      ]),
    );
    assert.deepEqual(Object.fromEntries(modes), {
      'a.pem': 0o644,
      'b.pem': 0o640,
      'k8s.pem': 0o644,
      'k8s.key': 0o600,
      'ca.pem': 0o644,
      'admin.key': 0o600,
    });
    const inodes = async () => (await stat(at(TO))).ino;
    const before = await inodes();
    assert.ok((await sync(toml.join(''))).every(({ result }) => result === 'current'));
    assert.equal(await inodes(), before);
  });

  it('follows a renewal and a change by hand, keeps what was there, and reloads its unit only then', async (t) => {
    const { sync, text, orders, at } = await ground(t);
    const toml = copy(`from = "apiserver"\nto = "${TO}"\nkey_to = "${KEY}"\nreload = "nginx.service"`);
    await writeFile(at(TO), 'what was there');
    assert.deepEqual(
      brief(await sync(toml, true)).map((line) => line.replace(/expires .*/, '')),
      ['pending: would be created: apiserver; '],
    );
    assert.equal(await text(TO), 'what was there');
    assert.deepEqual(await orders(), []);
    await sync(toml);
    assert.equal(await text(`${REPLACED_DIR}/${encodeURIComponent(TO.slice(1))}.previous`), 'what was there');
    assert.deepEqual(await orders(), ['reload nginx.service']);
    await sync(toml);
    assert.deepEqual(await orders(), ['reload nginx.service']);
    const other = await nodeFor(t, { kind: 'kubeadm-external-etcd' });
    for (const name of ['apiserver.crt', 'apiserver.key'])
      await writeFile(at(`${PKI}/${name}`), await readFile(join(other.root, PKI, name)));
    const [updated] = await sync(toml);
    assert.match(updated!.detail, /^apiserver; expires [^;]+; nginx\.service reloaded$/);
    assert.ok(fits(await text(TO), await text(KEY)));
    await chmod(at(KEY), 0o644);
    assert.equal((await sync(toml))[0]?.result, 'updated');
    assert.equal((await stat(at(KEY))).mode & 0o777, 0o600);
    assert.equal((await orders()).length, 3);
  });

  it('of a key that does not belong to its certificate is not made: a renewal may be writing them', async (t) => {
    const { sync, text, at } = await ground(t);
    const toml = copy(`from = "apiserver"\nto = "${TO}"\nkey_to = "${KEY}"`);
    await sync(toml);
    const before = [await text(TO), await text(KEY)];
    await writeFile(at(`${PKI}/apiserver.key`), await text(`${PKI}/front-proxy-client.key`));
    assert.deepEqual(brief(await sync(toml)), [
      `failed: the key in ${PKI}/apiserver.key does not belong to the certificate in ${PKI}/apiserver.crt`,
    ]);
    assert.deepEqual([await text(TO), await text(KEY)], before);
  });

  it('whose second file cannot be written leaves the first as it was', async (t) => {
    const { node, text, at } = await ground(t);
    await writeFile(at(KEY), 'previous key');
    await mkdir(at(TO));
    const [mode, uid, gid] = [0o600, process.geteuid!(), process.getegid!()];
    const files = [
      { path: KEY, at: at(KEY), content: 'key', mode, uid, gid, now: await readNow(at(KEY)) },
      { path: TO, at: at(TO), content: 'certificate', mode, uid, gid, now: null },
    ];
    await assert.rejects(writeFiles(new Root(node.root), files), { code: 'EISDIR' });
    assert.equal(await text(KEY), 'previous key');
    assert.deepEqual(readdirSync(at('/etc/nginx/ssl')).sort(), ['k8s.key', 'k8s.pem']);
  });
});

describe('a reload that fails', () => {
  it('is reported, and tried again at the next check until it succeeds', async (t) => {
    const { sync, systemctl, orders } = await ground(t);
    const toml = copy(`from = "apiserver"\nto = "${TO}"\nreload = "nginx"`);
    await systemctl(`${ACTIVE}\ntest "$1" != reload || { echo "nginx: configuration test failed" >&2; exit 1; }`);
    for (const result of ['created', 'current']) {
      const [outcome] = await sync(toml);
      assert.equal(outcome?.result, result);
      assert.match(
        outcome?.service?.reload ?? '',
        /systemctl reload nginx exited with 1: nginx: configuration test failed/,
      );
    }
    await systemctl(ACTIVE);
    assert.equal((await sync(toml))[0]?.service?.reload, null);
    await sync(toml);
    assert.deepEqual(await orders(), Array(3).fill('reload nginx'));
  });

  it('of a unit that does not run is not owed, and of one that systemd does not know is reported', async (t) => {
    const { sync, systemctl, orders, at } = await ground(t);
    const toml = copy(`from = "apiserver"\nto = "${TO}"\nreload = "nginx"`);
    await systemctl(ACTIVE.replace('=active', '=inactive'));
    assert.deepEqual((await sync(toml))[0]?.service, { reload: null, served: null });
    await rm(at(TO));
    await systemctl(ACTIVE.replace('=loaded', '=not-found'));
    assert.equal((await sync(toml))[0]?.service?.reload, 'systemd does not know nginx');
    assert.deepEqual(await orders(), []);
  });
});

describe('what a service serves', () => {
  it('is compared with the copy', async (t) => {
    const { sync, text } = await ground(t);
    const serve = async (name: string) => {
      const server = createServer({ cert: await text(`${PKI}/${name}.crt`), key: await text(`${PKI}/${name}.key`) });
      t.after(() => server.close());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as { port: number }).port;
    };
    const ask = async (port: number) => {
      const [outcome] = await sync(copy(`from = "apiserver"\nto = "${TO}"\nserved = "127.0.0.1:${port}"`));
      return outcome?.service?.served?.state;
    };
    assert.equal(await ask(await serve('apiserver')), 'current');
    assert.equal(await ask(await serve('front-proxy-client')), 'stale');
    assert.equal(await ask(1), 'unreachable');
  });
});

type Refusal = [what: string, toml: string, make: (ground: Ground) => unknown, why: RegExp, wantsRoot?: 'as root'];

const plain = `from = "apiserver"\nto = "${TO}"`;
const REFUSED: Refusal[] = [
  ['the key of a CA', `from = "ca"\nto = "${TO}"\nformat = "key"`, () => {}, /^refused: "ca" is a CA: its private key/],
  [
    'the key of a CA, in a second file',
    `from = "front-proxy-ca"\nto = "${TO}"\nkey_to = "${KEY}"`,
    () => {},
    /^refused: "front-proxy-ca" is a CA/,
  ],
  [
    'a certificate that this node has not',
    `from = "apisrver"\nto = "${TO}"`,
    () => {},
    /^failed: .* no certificate "apisrver"/,
  ],
  ...[
    `${PKI}/apiserver.crt`,
    '/etc/kubernetes/x.pem',
    '/var/lib/certagent/journal.jsonl',
    '/var/lib/kubelet/pki/x',
  ].map(
    (to): Refusal => [
      `${to} as a target`,
      `from = "apiserver"\nto = "${to}"`,
      () => {},
      /belongs to the cluster or to certagent$/,
    ],
  ),
  [
    'a directory that is the cluster’s under another name',
    plain,
    ({ at }) => rm(at('/etc/nginx/ssl'), { recursive: true }).then(() => symlinkSync(at(PKI), at('/etc/nginx/ssl'))),
    /\/etc\/nginx\/ssl is a symbolic link$/,
  ],
  [
    'a directory that does not exist',
    'from = "apiserver"\nto = "/etc/haproxy/k8s.pem"',
    () => {},
    /^refused: \/etc\/haproxy does not exist$/,
  ],
  [
    'a directory that others can write to',
    plain,
    ({ at }) => chmod(at('/etc/nginx'), 0o777),
    /\/etc\/nginx can be written by others/,
  ],
  [
    'a sticky directory',
    plain,
    ({ at }) => chmod(at('/etc/nginx/ssl'), 0o1777),
    /\/etc\/nginx\/ssl can be written by others/,
  ],
  [
    'a directory of somebody else’s',
    plain,
    ({ at }) => chown(at('/etc/nginx'), 4_242, 4_242),
    /\/etc\/nginx belongs to the user with the number 4242/,
    'as root',
  ],
  ['a link', plain, ({ at }) => symlinkSync(at('/etc/passwd'), at(TO)), /^refused: is a symbolic link$/],
  ['a link that leads nowhere', plain, ({ at }) => symlinkSync('/nowhere', at(TO)), /^refused: is a symbolic link$/],
  ['a hard link', plain, ({ at }) => linkSync(at('/etc/passwd'), at(TO)), /^refused: has a second name/],
  ['a directory in its place', plain, ({ at }) => mkdir(at(TO)), /^refused: is not a regular file$/],
  [
    'an unknown user',
    `${plain}\nowner = "www-nobody"`,
    () => {},
    /^refused: this node does not know the user www-nobody$/,
  ],
  [
    'an unknown group',
    `${plain}\ngroup = "www-nobody"`,
    () => {},
    /^refused: this node does not know the group www-nobody$/,
  ],
];

describe('refused for a service', { concurrency: 2 }, () => {
  for (const [what, toml, make, why, wantsRoot] of REFUSED)
    it(what, { skip: wantsRoot !== undefined && !isRoot && 'wants root' }, async (t) => {
      const node = await ground(t);
      await make(node);
      const before = await node.text('/etc/passwd');
      const journal = existsSync(node.at('/var/lib/certagent'));
      const outcome = brief(await node.sync(copy(toml)));
      assert.equal(outcome.length, 1);
      assert.match(outcome[0]!, why);
      assert.deepEqual([await node.text('/etc/passwd'), existsSync(node.at('/var/lib/certagent'))], [before, journal]);
      assert.deepEqual(await node.orders(), []);
    });
});

describe('keys of the configuration that contradict one another', () => {
  const wrong: [lines: string, message: RegExp][] = [
    ['format = "key"\nmode = "0644"', /mode gives others access to a private key/],
    [`key_to = "${KEY}"\nmode = "0660"`, /mode gives others access to a private key/],
    ['format = "pem"\nmode = "0666"', /mode lets others write/],
    [`key_to = "${KEY}"\nformat = "key-and-certificate"`, /key_to needs the format pem or fullchain/],
    [`key_to = "${TO}"`, /key_to is already the file of another copy/],
    ['served = "127.0.0.1:0"', /served has a port that does not exist/],
    ['served = "localhost"', /served is not an address/],
    ['format = "key"\nserved = "127.0.0.1:1"', /served needs a format with the certificate/],
    ['owner = "a:b"', /owner is not the name of an account/],
  ];
  for (const [lines, message] of wrong)
    it(lines.replaceAll('\n', ', '), () => assert.rejects(parseConfig(copy(`${plain}\n${lines}`), 'c'), message));
  it('a path with ".."', () =>
    assert.rejects(
      parseConfig(copy('from = "a"\nto = "/etc/x/../kubernetes/a"'), 'c'),
      /to must be written without "\.\."/,
    ));
});
