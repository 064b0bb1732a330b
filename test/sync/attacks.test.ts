import assert from 'node:assert/strict';
import { lchownSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { attacks } from './attacks.ts';
import { ALICE, COPIES, COPY, dataOf, isRoot, kubeconfig, makeNode, makePki } from './fixture.ts';

/** The attacker is a second user; alice is their neighbour, and holds what they would like to have. */
const MALLORY = isRoot ? { uid: 54_400, gid: 54_400 } : ALICE;

test('a user’s home full of attacks: nothing is handed out, read or changed', async (t) => {
  const pki = await makePki();
  const node = makeNode(pki);
  t.after(() => node.remove());
  const table = await attacks(node);
  const pathOf = (index: number) => `/home/m${index}/.kube/config`;
  node.write('/etc/kubernetes/pki/ca.key', pki.ca.keyPem);
  node.write(COPY, kubeconfig(pki.ca, pki.renewed));
  for (const [index, attack] of table.entries()) {
    const home = node.at(`/home/m${index}`);
    mkdirSync(home, { mode: 0o755 });
    attack.plant(node, pathOf(index));
    give(home, attack.othersFile === true ? node.at(pathOf(index)) : null);
  }
  const people = table.map((_, index) => `m${index}:x:${MALLORY.uid}:${MALLORY.gid}::/home/m${index}:/bin/sh\n`);
  node.write('/etc/passwd', node.read('/etc/passwd') + people.join(''));
  const before = table.map((_, index) => contents(node.at(`/home/m${index}`)));

  const outcomes = await node.sync({ config: { ...COPIES, paths: [], users: [] } });

  const newKey = dataOf(pki.renewed).key;
  for (const [index, { name, result, why }] of table.entries())
    await t.test(name, () => {
      const outcome = outcomes.find(({ path }) => path === pathOf(index));
      assert.equal(outcome?.result, result, outcome?.detail);
      assert.match(outcome.detail, why);
      assert.doesNotMatch(JSON.stringify(outcome), /PRIVATE KEY|LS0tLS1CRUdJTi/);
      assert.doesNotMatch(strings(outcome).join(''), /\p{Cc}/u);
      const after = contents(node.at(`/home/m${index}`));
      assert.deepEqual(after, before[index]);
      assert.ok(!JSON.stringify(after).includes(newKey), 'the new key is nowhere in this home');
    });
  const neighbour = outcomes.find(({ path }) => path === COPY);
  assert.ok(['current', 'refused'].includes(neighbour!.result), neighbour!.detail);
  assert.equal(node.read(COPY), kubeconfig(pki.ca, pki.renewed));
  assert.equal(node.read('/etc/kubernetes/pki/ca.key'), pki.ca.keyPem);
  t.diagnostic(`${table.length} attacks`);
});

/** As if the user had put it there. */
function give(home: string, keep: string | null): void {
  const entries = readdirSync(home, { recursive: true, withFileTypes: true });
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  for (const path of [home, ...paths]) if (path !== keep) lchownSync(path, MALLORY.uid, MALLORY.gid);
}

/** Every text in it. */
function strings(data: unknown): string[] {
  if (typeof data === 'string') return [data];
  return typeof data === 'object' && data !== null ? Object.values(data).flatMap(strings) : [];
}

/** Names, kinds, sizes, and the text of what is small, of all below a directory. */
function contents(directory: string): unknown[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = `${entry.parentPath}/${entry.name}`;
      const { mode, uid, size, ino } = lstatSync(path);
      const text = entry.isFile() && size < 2_000_000 ? readFileSync(path).toString('base64') : null;
      return [path, mode, uid, size, ino, text];
    })
    .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
}
