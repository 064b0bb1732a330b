// /etc/certagent/hooks.d as root left it, and as others could have: what runs, and what is refused in which words.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { HOOK_LIMIT, type Hook } from '../../src/domain/model/hook.ts';
import { Root } from '../../src/host/root.ts';
import { observeHooks } from '../../src/observe/observe-hooks.ts';

const D = '/etc/certagent/hooks.d';
const MALLORY = 4_242;
const notRoot = process.getuid?.() !== 0 ? 'giving files away wants root' : false;

type Machine = {
  program(path: string, mode?: number): void;
  directory(path: string, mode?: number): void;
  link(path: string, to: string): void;
  mode(path: string, mode: number): void;
  give(path: string): void;
};

function machine(t: TestContext): Machine & { root: Root } {
  const prefix = mkdtempSync(join(tmpdir(), 'certagent-hooks-'));
  t.after(() => rmSync(prefix, { recursive: true, force: true }));
  const at = (path: string) => join(prefix, path);
  const made: Machine = {
    program: (path, mode = 0o755) => {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), '#!/bin/sh\n');
      chmodSync(at(path), mode);
    },
    directory: (path, mode = 0o755) => {
      mkdirSync(at(path), { recursive: true });
      chmodSync(at(path), mode);
    },
    link: (path, to) => {
      mkdirSync(dirname(at(path)), { recursive: true });
      symlinkSync(to, at(path));
    },
    mode: (path, mode) => chmodSync(at(path), mode),
    give: (path) => chownSync(at(path), MALLORY, MALLORY),
  };
  made.directory(D);
  return { ...made, root: new Root(prefix) };
}

type Expected = { runs?: string[]; refused?: Record<string, RegExp> };
type Row = [what: string, make: (machine: Machine) => void, expected: Expected, wantsRoot?: 'as root'];

const TABLE: Row[] = [
  ['nothing', () => {}, {}],
  [
    'programs, by event and by name',
    ({ program }) => {
      for (const path of ['20-b', '10-a', 'renewed.d/30-c', 'before.d/x', 'failed.d/y']) program(`${D}/${path}`);
    },
    { runs: ['before before.d/x', 'renewed 10-a', 'renewed 20-b', 'renewed renewed.d/30-c', 'failed failed.d/y'] },
  ],
  [
    'what editors and package managers leave, and explanations',
    ({ program }) => {
      for (const name of ['.hidden', 'a~', 'a.dpkg-old', 'a.rpmsave', 'a.bak', '#a#', 'README.md', '.a.swp'])
        program(`${D}/${name}`);
    },
    {},
  ],
  [
    'a file that is not executable, and a directory of another name',
    ({ program, directory }) => {
      program(`${D}/a`, 0o644);
      directory(`${D}/deploy`);
    },
    { refused: { [`${D}/a`]: /^is not executable$/, [`${D}/deploy`]: /^is not a file$/ } },
  ],
  [
    'a program that the group can write',
    ({ program }) => program(`${D}/a`, 0o775),
    { refused: { [`${D}/a`]: /^can be written by others \(mode 0775\)$/ } },
  ],
  [
    "a program of somebody else's, beside a good one",
    ({ program, give }) => {
      program(`${D}/a`);
      program(`${D}/b`);
      give(`${D}/a`);
    },
    { runs: ['renewed b'], refused: { [`${D}/a`]: /^belongs to the user with the number 4242$/ } },
    'as root',
  ],
  [
    'a directory that everybody can write to: nothing in it, and nothing below it',
    ({ program, mode }) => {
      program(`${D}/a`);
      program(`${D}/before.d/b`);
      mode(D, 0o777);
    },
    { refused: { [D]: /^can be written by others \(mode 0777\): nothing in it is run$/ } },
  ],
  [
    'a sub-directory that the group can write to',
    ({ program, mode }) => {
      program(`${D}/a`);
      program(`${D}/failed.d/b`);
      mode(`${D}/failed.d`, 0o775);
    },
    { runs: ['renewed a'], refused: { [`${D}/failed.d`]: /mode 0775\): nothing in it is run$/ } },
  ],
  [
    'a directory on the path that is not root’s',
    ({ program, give }) => {
      program(`${D}/a`);
      give('/etc/certagent');
    },
    { refused: { [D]: /^\/etc\/certagent belongs to the user with the number 4242: nothing in it is run$/ } },
    'as root',
  ],
  [
    'a link to a program of root’s',
    ({ program, link }) => {
      program('/usr/local/sbin/reload');
      link(`${D}/a`, '/usr/local/sbin/reload');
    },
    { runs: ['renewed a'] },
  ],
  [
    'a link to a program in a directory that everybody can write to',
    ({ program, link, mode }) => {
      program('/srv/tools/reload');
      mode('/srv/tools', 0o777);
      link(`${D}/a`, '/srv/tools/reload');
    },
    { refused: { [`${D}/a`]: /^\/srv\/tools can be written by others \(mode 0777\)$/ } },
  ],
  [
    'links that lead nowhere, and round in a circle',
    ({ link }) => {
      link(`${D}/a`, '/no/such/program');
      link(`${D}/b`, `${D}/c`);
      link(`${D}/c`, `${D}/b`);
    },
    {
      refused: {
        [`${D}/a`]: /^does not exist$/,
        [`${D}/b`]: /too many symbolic links/,
        [`${D}/c`]: /too many symbolic links/,
      },
    },
  ],
  [
    'a directory that is a link to one that everybody can write to',
    ({ directory, link, program, mode }) => {
      program('/srv/hooks/a');
      directory('/srv/hooks', 0o777);
      mode('/srv/hooks', 0o777);
      link(`${D}/before.d`, '/srv/hooks');
    },
    { refused: { [`${D}/before.d`]: /^\/srv\/hooks can be written by others .*nothing in it is run$/ } },
  ],
];

for (const [what, make, { runs = [], refused = {} }, wantsRoot] of TABLE)
  test(`hooks.d: ${what}`, { skip: wantsRoot === undefined ? false : notRoot }, async (t) => {
    const made = machine(t);
    make(made);
    const found = await observeHooks(made.root, []);
    assert.deepEqual(
      found.hooks.map(({ on, command }) => `${on} ${command[0]!.slice(D.length + 1)}`),
      runs,
    );
    assert.deepEqual(
      found.refused.map(({ path }) => path),
      Object.keys(refused),
    );
    for (const { path, why } of found.refused) assert.match(why, refused[path]!);
    assert.ok(found.hooks.every(({ user, limit }) => user === 'root' && limit === HOOK_LIMIT));
  });

test('a configured hook that would be refused is reported, and stays: its step fails', async (t) => {
  const made = machine(t);
  const configured: Hook = { on: 'before', command: ['/opt/x'], user: 'root', limit: 1, certificates: [] };
  assert.deepEqual(await observeHooks(made.root, [configured]), {
    hooks: [configured],
    refused: [{ path: '/opt/x', why: 'does not exist' }],
  });
});
