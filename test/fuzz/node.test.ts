// A whole node whose programs and files say anything: it is observed all the same.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { explain } from '../../src/domain/model/errors.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { clockTrust, timeZone } from '../../src/host/clock.ts';
import { askHealth } from '../../src/host/http.ts';
import { Root } from '../../src/host/root.ts';
import { restartUnit, unitState } from '../../src/host/systemd.ts';
import { groupId, users } from '../../src/host/users.ts';
import { parseCertificate } from '../../src/host/x509.ts';
import { K3S } from '../../src/observe/k3s/k3s.ts';
import { observe } from '../../src/observe/observe.ts';
import { kubeadmRenew } from '../../src/renew/steps/kubeadm-renew.ts';
import { makeNode } from '../../testnode/node.ts';
import { settingsOf } from '../observe/k3s-settings-of.ts';
import { mutatedText } from './mutate.ts';
import { samples } from './samples.ts';
import { asyncRefusal, directoryFor, fuzz } from './support.ts';
import { map, style, yamlText } from './yaml.ts';

const STEERS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const NOW = Date.now();

/** What a program prints: nearly what it should, or anything. */
const output = fc.oneof(
  mutatedText([
    'LoadState=loaded\nActiveState=active\nSubState=running\nMainPID=1\nNRestarts=0\n',
    'NTPSynchronized=yes\n',
    'v1.31.4\n',
    'k3s version v1.33.1+k3s1 (aabbccdd)\ngo version go1.24.2\n',
    'MISSING! certificate embedded in the kubeconfig file\n\nDone renewing certificates.\n',
    'error execution phase: \u001b[31mfailed\u001b[0m\n',
    'ActiveState=\u001b]0;owned\u0007\nNRestarts=1e999\nMainPID=-3\n',
  ]),
  fc.string({ unit: 'binary', maxLength: 300 }),
);
const program = fc.record({ stdout: output, stderr: output, exitCode: fc.constantFrom(0, 0, 0, 1, 2, 127, 255) });
type Program = { stdout: string; stderr: string; exitCode: number };

/** Programs of the node that print what lies in files beside them. */
function putProgram(root: Root, name: string, { stdout, stderr, exitCode }: Program): void {
  const path = root.at(`/usr/bin/${name}`);
  put(root, `/usr/bin/${name}.out`, stdout);
  put(root, `/usr/bin/${name}.err`, stderr);
  put(root, `/usr/bin/${name}`, `#!/bin/sh\ncat "${path}.out"\ncat "${path}.err" >&2\nexit ${exitCode}\n`);
  chmodSync(path, 0o755);
}

function put(root: Root, path: string, content: string): void {
  mkdirSync(dirname(root.at(path)), { recursive: true });
  rmSync(root.at(path), { recursive: true, force: true });
  writeFileSync(root.at(path), content);
}

test('what systemctl, timedatectl, kubeadm and k3s print reaches errors cut and printable, and stops nothing', async (t) => {
  const root = new Root(directoryFor(t));
  const { certificatePem, keyPem } = (await samples()).leaves[0]!;
  put(root, '/a.crt', certificatePem);
  put(root, '/a.key', keyPem);
  const { serial, notAfter, subject } = parseCertificate(certificatePem);
  const step: Parameters<typeof kubeadmRenew.act>[0] = {
    kind: 'kubeadm-renew',
    name: 'apiserver',
    argv: ['certs', 'renew', 'apiserver'],
    writes: [],
    expect: {
      id: 'apiserver',
      path: '/a.crt',
      keyPath: '/a.key',
      caPath: null,
      old: { serial, notAfter, sans: [], usages: [], subject },
    },
    limit: 10_000,
  };
  await fuzz(t, 15, program, async (given) => {
    for (const name of ['systemctl', 'timedatectl', 'kubeadm']) putProgram(root, name, given);
    const refusals = await Promise.all([
      asyncRefusal(async () => printableAndShort(JSON.stringify(await unitState(root, 'k3s')))),
      asyncRefusal(async () => printableAndShort(JSON.stringify(await clockTrust(root)))),
      asyncRefusal(() => restartUnit(root, 'k3s', 10_000)),
      asyncRefusal(() => kubeadmRenew.act(step, { root } as never)),
    ]);
    for (const refused of refusals) if (refused !== null) printableAndShort(explain(refused) + (refused.remedy ?? ''));
  });
});

test('100 MB of output are cut', async (t) => {
  const root = new Root(directoryFor(t));
  put(root, '/usr/bin/systemctl', '#!/bin/sh\nexec head -c 100000000 /dev/zero\n');
  chmodSync(root.at('/usr/bin/systemctl'), 0o755);
  const refused = await asyncRefusal(() => restartUnit(root, 'k3s', 60_000));
  assert.ok(refused !== null);
  printableAndShort(explain(refused));
});

function printableAndShort(text: string): void {
  assert.doesNotMatch(text, STEERS);
  assert.ok(text.length < 2_000, `${text.length} characters`);
}

test('passwd and group give only users and numbers that there can be', async (t) => {
  const root = new Root(directoryFor(t));
  const line = fc.array(
    fc.oneof(
      fc.constantFrom('root', 'x', '0', '1000', '4294967295', '99999999999', '-1', '/home/a', '/', '/../../etc', ''),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 9 },
  );
  const text = fc.oneof(
    fc.array(line, { maxLength: 6 }).map((lines) => lines.map((fields) => fields.join(':')).join('\n')),
    mutatedText(['root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/sh\ncertagent:x:990:\n']),
  );
  await fuzz(t, 300, text, async (given) => {
    put(root, '/etc/passwd', given);
    put(root, '/etc/group', given);
    for (const { name, uid, gid, home } of await users(root)) {
      assert.ok(name !== '' && home.startsWith('/'));
      for (const id of [uid, gid]) assert.ok(Number.isInteger(id) && id >= 0 && id < 2 ** 32 - 1);
      // Nobody's home leads out of the image.
      assert.ok(`${root.at(home)}/`.startsWith(`${root.prefix}/`));
    }
    const id = await groupId(root, 'certagent');
    assert.ok(id === null || (id >= 0 && id < 2 ** 32 - 1));
  });
});

test("K3s's settings are read from anything", async (t) => {
  const root = new Root(directoryFor(t));
  const real =
    'data-dir: /srv/k3s\nhttps-listen-port: 7443\ntls-san+:\n- a\nwrite-kubeconfig: /srv/k3s.yaml\nbind-address: 0.0.0.0\n';
  const text = fc.oneof(
    mutatedText([real]),
    fc.tuple(map, style).map(([settings, how]) => yamlText(settings, how)),
  );
  const unit = mutatedText([
    "[Service]\nExecStart=/usr/local/bin/k3s \\\n    server \\\n\t'--data-dir' '/x y' \\\n\t'-o=/k.yaml'\n",
  ]);
  await fuzz(t, 200, fc.tuple(text, text, unit), async ([first, second, service]) => {
    put(root, '/etc/rancher/k3s/config.yaml', first);
    put(root, '/etc/rancher/k3s/config.yaml.d/a.yaml', second);
    put(root, '/etc/systemd/system/k3s.service', service);
    const { dataDir, kubeconfig, port } = await settingsOf(root, K3S);
    assert.ok(dataDir.startsWith('/') && kubeconfig.startsWith('/'));
    assert.ok(Number.isInteger(port) && port > 0 && port < 65_536);
  });
});

test('a health check that no request can be made of is an answer, too', async (t) => {
  const word = fc.oneof(
    fc.constantFrom('/livez', '127.0.0.1', '/a b', '/\n', '\u0000', '::1', ''),
    fc.string({ unit: 'binary', maxLength: 5 }),
  );
  await fuzz(
    t,
    60,
    fc.record({
      scheme: fc.constantFrom('http', 'https'),
      host: fc.constantFrom('127.0.0.1', 'a b', '\n', '', '127.0.0.1\u0000'),
      port: fc.constantFrom(1, 0, 65_535),
      path: word,
    }),
    async (check) => {
      const { status, detail } = await askHealth(check, { limit: 2_000 });
      assert.equal(status, null);
      assert.doesNotMatch(detail, STEERS);
    },
  );
});

/** Files of a node that are not certificates; each may be text, a directory, a link in a circle, or not there. */
const OTHERS = [
  '/etc/passwd',
  '/etc/hostname',
  '/etc/timezone',
  '/etc/localtime',
  '/var/lib/kubelet/config.yaml',
  '/etc/kubernetes/manifests/kube-apiserver.yaml',
  '/etc/kubernetes/manifests/etcd.yaml',
  '/etc/kubernetes/kubelet.conf',
  '/etc/kubernetes/admin.conf',
  '/etc/rancher/k3s/config.yaml',
  '/var/lib/rancher/k3s/server/tls/dynamic-cert.json',
];

test('a kubeadm and a K3s node with any change are observed completely', async (t) => {
  const nodes = [await nodeOf(t, 'kubeadm'), await nodeOf(t, 'k3s-server')];
  const thing = fc.oneof(
    fc.constantFrom('directory', 'circle', 'nothing', 'zero') as fc.Arbitrary<string>,
    fc.tuple(map, style).map(([data, how]) => `=${yamlText(data, how)}`),
    fc.string({ unit: 'binary', maxLength: 300 }).map((text) => `=${text}`),
  );
  const changes = fc.record({
    node: fc.nat({ max: 1 }),
    files: fc.array(fc.tuple(fc.constantFrom(...OTHERS), thing), { minLength: 1, maxLength: 3 }),
    programs: fc.array(fc.tuple(fc.constantFrom('systemctl', 'timedatectl', 'kubeadm', 'k3s'), program), {
      maxLength: 1,
    }),
  });
  await fuzz(t, 4, changes, async ({ node, files, programs }) => {
    const root = nodes[node]!;
    for (const [name, given] of programs) putProgram(root, name, given);
    for (const [path, what] of files) change(root, path, what);
    const inventory = await observe({
      root,
      config: {
        node: {},
        copies: { mode: 'auto', enabled: true, paths: [], users: [] },
        watch: { paths: ['/etc/kubernetes/**/*.crt'] },
      } as never,
      now: NOW,
    });
    const ids = inventory.certificates.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    assert.doesNotMatch(inventory.node.name + inventory.node.version + inventory.node.timeZone, STEERS);
    assert.ok(inventory.node.name.length <= 254);
    for (const { detail, path } of inventory.findings) assert.ok(path.startsWith('/') && detail !== '');
    assert.doesNotMatch(JSON.stringify(inventory), /PRIVATE KEY/);
    new Intl.DateTimeFormat('en', { timeZone: await timeZone(root) });
  });
});

async function nodeOf(t: TestContext, kind: 'kubeadm' | 'k3s-server'): Promise<Root> {
  const node = await makeNode({ root: `${directoryFor(t)}/node`, kind, leafEnds: NOW + 200 * DAY });
  t.after(() => node.remove());
  return new Root(node.root);
}

function change(root: Root, path: string, what: string): void {
  put(root, path, what.startsWith('=') ? what.slice(1) : what === 'zero' ? '\0\0\0' : '');
  if (what === 'directory' || what === 'circle' || what === 'nothing') rmSync(root.at(path));
  if (what === 'directory') mkdirSync(root.at(path));
  if (what === 'circle') symlinkSync(path, root.at(path));
}
