// `--root DIR`: a file that is itself an absolute link is the image's file of that name, never this machine's.
import assert from 'node:assert/strict';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import type { RenewalPlan } from '../src/domain/model/plan.ts';
import { readKey, readLeaf } from '../src/host/leaf.ts';
import { Root } from '../src/host/root.ts';
import { groupId, memberships, users } from '../src/host/users.ts';
import { checksum } from '../src/renew/backup/authorities.ts';
import { makeBackup } from '../src/renew/backup/make-backup.ts';
import { restore } from '../src/renew/backup/put-back-files.ts';
import { readManifestFile } from '../src/renew/components/manifest-file.ts';
import { fileOfManifest } from '../src/renew/components/manifest-link.ts';
import { readSource } from '../src/sync/admin-kubeconfig.ts';
import { listDirectory, makeLookers } from '../src/sync/look.ts';
import { loadMemory } from '../src/sync/memory-file.ts';
import { findHomes } from '../src/sync/people.ts';
import { kubeconfig, makePki, type Pki } from './sync/fixture.ts';

let pki: Pki;
let other: Pki;
before(async () => {
  [pki, other] = await Promise.all([makePki(), makePki()]);
});

const ADMIN = '/etc/kubernetes/admin.conf';
const CA = '/etc/kubernetes/pki/ca.crt';
const FILE = '/etc/kubernetes/pki/x';
const BACKUP = '/var/lib/certagent/backups/one';

type Case = {
  what: string;
  path: string;
  /** What the file holds in the image, and what the file of this machine to which the link might lead. */
  image: () => string;
  machine: () => string;
  /** What certagent learns; `rest`: the file besides, which never is a link. */
  read: (root: Root) => Promise<unknown>;
  rest?: () => [path: string, content: string];
};

const CASES: Case[] = [
  {
    what: 'the users',
    path: '/etc/passwd',
    image: () => 'alice:x:1001:1001::/home/alice:/bin/sh\n',
    machine: () => 'mallory:x:1001:1001::/home/mallory:/bin/sh\n',
    read: users,
  },
  {
    what: 'the groups',
    path: '/etc/group',
    image: () => 'certagent:x:990:alice\n',
    machine: () => 'certagent:x:666:alice\n',
    read: async (root) => [await groupId(root, 'certagent'), await memberships(root, new Set(['alice']))],
  },
  {
    what: 'the kubeconfig that copies are made of',
    path: ADMIN,
    image: () => kubeconfig(pki.ca, pki.renewed),
    machine: () => kubeconfig(pki.ca, pki.old),
    rest: () => [CA, pki.ca.certificatePem],
    read: async (root) => (await readSource(root, ADMIN, [CA])).text,
  },
  {
    what: 'the CA of that kubeconfig',
    path: CA,
    image: () => pki.ca.certificatePem,
    machine: () => other.ca.certificatePem,
    rest: () => [ADMIN, kubeconfig(pki.ca, pki.renewed)],
    read: async (root) => (await readSource(root, ADMIN, [CA]).catch(() => null))?.clientCas,
  },
  {
    what: 'which copies were seen',
    path: '/var/lib/certagent/copies.json',
    image: () => '{"version":1,"sources":[],"copies":[],"gone":[{"path":"/image","uid":1,"until":1}]}',
    machine: () => '{"version":1,"sources":[],"copies":[],"gone":[{"path":"/machine","uid":1,"until":1}]}',
    read: loadMemory,
  },
  {
    what: 'a certificate to verify',
    path: FILE,
    image: () => pki.renewed.certificatePem,
    machine: () => pki.old.certificatePem,
    read: (root) => readLeaf(root, FILE),
  },
  {
    what: 'a key to verify',
    path: FILE,
    image: () => pki.renewed.keyPem,
    machine: () => pki.old.keyPem,
    read: (root) => readKey(root, FILE),
  },
  {
    what: 'what a step left',
    path: FILE,
    image: () => 'of the image',
    machine: () => 'of the machine',
    read: (root) => checksum(root, FILE),
  },
  {
    what: 'a manifest',
    path: '/etc/kubernetes/manifests/etcd.yaml',
    image: () => 'of the image',
    machine: () => 'of the machine',
    read: async (root) => {
      const manifest = '/etc/kubernetes/manifests/etcd.yaml';
      const { bytes } = await readManifestFile(root, { manifest });
      return [bytes.toString(), readFileSync(await fileOfManifest(root, manifest), 'utf8')];
    },
  },
  {
    what: 'a file in a backup',
    path: FILE,
    image: () => 'of the image',
    machine: () => 'of the machine',
    read: async (root) => {
      await backUp(root);
      return readFileSync(root.at(`${BACKUP}/files${FILE}`), 'utf8');
    },
  },
];

for (const { what, path, image, machine, read, rest } of CASES)
  test(`a link in an image leads to a file of the image: ${what}`, async (t) => {
    const node = (content?: string): Root => {
      const root = directoryFor(t);
      if (content !== undefined) put(join(root, path), content);
      if (rest !== undefined) put(join(root, rest()[0]), rest()[1]);
      return new Root(root);
    };
    const root = node();
    link(t, root, path, image(), machine());
    const found = await read(root);
    assert.deepEqual(found, await read(node(image())));
    assert.notDeepEqual(found, await read(node(machine())));
  });

test('a backup is put back into the file of the image that a link leads to', async (t) => {
  const root = new Root(directoryFor(t));
  const target = link(t, root, FILE, 'of the image', 'of the machine');
  await backUp(root);
  writeFileSync(join(root.prefix, target), 'changed');
  assert.deepEqual(await restore(root, BACKUP, null), [FILE]);
  assert.equal(readFileSync(join(root.prefix, target), 'utf8'), 'of the image');
  assert.equal(readFileSync(target, 'utf8'), 'of the machine');
  assert.ok(lstatSync(root.at(FILE)).isSymbolicLink());
});

test('homes are those of the image where /home is a link', async (t) => {
  const [root, homes] = [new Root(directoryFor(t)), directoryFor(t)];
  for (const home of [join(root.prefix, homes, 'alice'), join(homes, 'mallory')]) mkdirSync(home, { recursive: true });
  symlinkSync(homes, root.at('/home'));
  const lookers = makeLookers();
  t.after(() => lookers.end());
  assert.deepEqual(
    (await findHomes(root, [], true, (directory) => listDirectory(directory, lookers))).map(({ path }) => path),
    ['/home/alice'],
  );
});

async function backUp(root: Root): Promise<void> {
  const plan = { id: 'plan', steps: [] } as unknown as RenewalPlan;
  const step = { kind: 'backup' as const, directory: BACKUP, files: [FILE], directories: [] };
  await makeBackup(step, { root, plan, now: () => 1, backups: 5, pollInterval: 1, waiting: () => {} });
}

/** Makes `path` of the image a link to a path at which the image has one file, and this machine another. */
function link(t: TestContext, root: Root, path: string, image: string, machine: string): string {
  const target = join(directoryFor(t), 'target');
  put(join(root.prefix, target), image);
  put(target, machine);
  mkdirSync(dirname(root.at(path)), { recursive: true });
  symlinkSync(target, root.at(path));
  return target;
}

function put(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'certagent-links-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
