import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { startHelperProcess } from '../../src/host/helper-process.ts';
import { isSilent, localPlaces, mountsIn, noteSilence } from '../../src/host/silent.ts';

test('what hangs together: one server, one mount of a user, nothing on the root file system', () => {
  const text = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '30 22 8:2 / /home rw - ext4 /dev/sda2 rw',
    '31 30 0:40 / /home/a rw shared:7 master:2 - nfs4 files:/export/a rw,vers=4.2',
    '32 30 0:41 / /home/b rw - nfs files:/export/b rw',
    '33 30 0:42 / /home/c\\040d rw - fuse.sshfs files:/export rw',
    '34 22 0:43 / /srv rw - cifs //files/share rw',
    'rubbish',
    '',
  ].join('\n');
  assert.deepEqual(
    mountsIn(text).map(({ point, key }) => [point, key]),
    [
      ['/home/c d', '/home/c d'],
      ['/home/a', '//files'],
      ['/home/b', '//files'],
      ['/home', null],
      ['/srv', '//files'],
    ],
  );
});

test('a place always answers when every mount on the way to it is a local one', () => {
  const mounts = (...lines: string[]) => lines.map((line, at) => `${at} 1 8:1 / ${line}`).join('\n');
  const root = '/ rw - ext4 /dev/sda1 rw';
  const cases: [what: string, table: string, place: string, isLocal: boolean][] = [
    ['on the root file system', mounts(root), '/etc/ssl/a.crt', true],
    ['in memory', mounts(root, '/run rw - tmpfs tmpfs rw'), '/run/a', true],
    ['on a file server', mounts(root, '/srv rw - nfs4 files:/x rw'), '/srv/a.crt', false],
    ['the mount point itself', mounts(root, '/srv rw - nfs4 files:/x rw'), '/srv', false],
    ['beside a file server', mounts(root, '/srv rw - nfs4 files:/x rw'), '/srv2/a.crt', true],
    ['under a name with a blank', mounts(root, '/my\\040files rw - cifs //files/x rw'), '/my files/a', false],
    ['on a mount of a user', mounts(root, '/home/a/m rw - fuse.sshfs x rw'), '/home/a/m/b/c', false],
    [
      'behind an automounter',
      mounts(root, '/net rw - autofs auto rw', '/net/a rw - ext4 /dev/sdb rw'),
      '/net/a/b',
      false,
    ],
    ['a root on a file server', mounts('/ rw - nfs files:/root rw', '/etc rw - ext4 /dev/sda rw'), '/etc/a', false],
    ['of the kernel', mounts(root, '/proc rw - proc proc rw'), '/proc/self/status', false],
    ['unknown: there is no table', '', '/etc/a', false],
  ];
  for (const [what, table, place, isLocal] of cases) assert.equal(localPlaces(table)(place), isLocal, what);
});

test('a process that does not answer is reported in time, and its place is asked again only later', async () => {
  const child = spawn('sleep', ['60'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const helper = startHelperProcess(child);
  const exit = once(child, 'exit');
  assert.equal(isSilent('here'), false);
  assert.deepEqual(await helper.ask({}, 100), { is: 'silent' });
  noteSilence('here', child);
  assert.equal(isSilent('here'), true);
  assert.deepEqual(await helper.ask({}, 100), { is: 'ended' });
  assert.deepEqual(await exit, [null, 'SIGKILL']);
});

test('what a process writes: progress, an answer, nonsense, or nothing more', async () => {
  const script = 'read a; echo +1; echo "+{}"; echo \'{"x":1}\'; read b; echo "{"; read c; exit 0';
  const helper = startHelperProcess(spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] }));
  const progress: unknown[] = [];
  assert.deepEqual(await helper.ask(1, 300_000, (value) => progress.push(value)), { is: 'answer', value: { x: 1 } });
  assert.deepEqual(progress, [1, {}]);
  assert.deepEqual(await helper.ask(2, 300_000), { is: 'nonsense' });
  assert.deepEqual(await helper.ask(3, 300_000), { is: 'ended' });
  helper.end();
  const none = startHelperProcess(spawn('/nowhere/none', [], { stdio: ['pipe', 'pipe', 'ignore'] }));
  assert.deepEqual(await none.ask(1, 300_000), { is: 'not-started' });
});
