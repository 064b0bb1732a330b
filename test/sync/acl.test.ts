import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { ALICE, COPY, isRoot, kubeconfig, makeNode, makePki } from './fixture.ts';

const has = (program: string) => spawnSync(program, ['--version']).status === 0;
const skip = !isRoot || !has('setfacl') || !has('getfacl');
const acl = (path: string) => execFileSync('getfacl', ['-cpn', path], { encoding: 'utf8' }).trim().split('\n');

/** As a user of the file's group, who is not on its list. */
function groupMayRead(path: string): boolean {
  return spawnSync('head', ['-c1', path], { uid: 54_777, gid: ALICE.gid }).status === 0;
}

for (const [name, list, wanted] of [
  ['a colleague may read, the group may not', 'u:54778:r,g::---,m::r', false],
  ['the group may read as well', 'u:54778:r,g::r,m::r', true],
  ['no list', null, true],
] as const)
  test(`an updated copy keeps its access control list: ${name}`, { skip }, async () => {
    const pki = await makePki();
    const node = makeNode(pki);
    try {
      const path = node.write(COPY, kubeconfig(pki.ca, pki.old), { mode: 0o640 });
      for (const each of ['/home/alice', '/home/alice/.kube']) execFileSync('chmod', ['755', node.at(each)]);
      if (list !== null) execFileSync('setfacl', ['-m', list, path]);
      const before = acl(path);
      assert.equal(groupMayRead(path), wanted);
      assert.equal((await node.sync())[0]?.result, 'updated');
      assert.deepEqual(acl(path), before);
      assert.equal(groupMayRead(path), wanted);
      assert.equal(statSync(path).gid, ALICE.gid);
    } finally {
      node.remove();
    }
  });

test('a default list of the directory gives nobody access to an updated copy', { skip }, async () => {
  const pki = await makePki();
  const node = makeNode(pki);
  try {
    const path = node.write(COPY, kubeconfig(pki.ca, pki.old), { mode: 0o640 });
    execFileSync('setfacl', ['-d', '-m', 'u:54778:r', node.at('/home/alice/.kube')]);
    const before = acl(path);
    assert.equal((await node.sync())[0]?.result, 'updated');
    assert.deepEqual(acl(path), before);
  } finally {
    node.remove();
  }
});
