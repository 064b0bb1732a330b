// What an operator's rotations leave on a server's disk: what the next start loads, and copies of keys.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Preconditions } from '../../src/domain/model/inventory.ts';
import { Root } from '../../src/host/root.ts';
import { observeRotations } from '../../src/observe/supervisor/rotations.ts';
import { layOutRotation } from '../../testnode/k3s-rotation.ts';
import { readNodeRecord } from '../../testnode/options.ts';
import { look, nodeFor } from './support.ts';

const DATA = '/var/lib/rancher/k3s';
const SERVER = `${DATA}/server`;
const TRIGGER = `${SERVER}/tls/dynamic-cert-regenerate`;
const AT = Math.floor(Date.now() / 1000);
const DIRECTORY = `${SERVER}/rotate-ca`;

type Case = [
  what: string,
  arrange: (root: string) => Promise<void> | void,
  expected: { trigger?: boolean; next?: boolean | null; copies?: string[] },
];
const place = (root: string, seconds = AT) => {
  writeFileSync(join(root, TRIGGER), '');
  utimesSync(join(root, TRIGGER), seconds, seconds);
};
const prepare = (isCrossSigned: boolean) => (root: string) => layOutRotation(root, readNodeRecord(root), isCrossSigned);
const copyOf = (root: string, seconds: number) => mkdirSync(join(root, SERVER, `tls-${seconds}`));
const age = (root: string, file: string, seconds: number) => utimesSync(join(root, SERVER, file), seconds, seconds);

const CASES: Case[] = [
  ['nothing', () => {}, {}],
  ['a trigger file newer than the CAs', (root) => place(root), { trigger: true }],
  [
    'a trigger file older than a CA, which was loaded since',
    (root) => {
      place(root);
      age(root, 'tls/etcd/peer-ca.crt', AT + 60);
    },
    {},
  ],
  [
    'a trigger file of a rotation of the leaves, with its copy of the keys',
    (root) => {
      place(root);
      copyOf(root, AT - 1);
    },
    { copies: [`${SERVER}/tls-${AT - 1}`] },
  ],
  [
    'a trigger file, and the copy of an earlier rotation of the leaves',
    (root) => {
      place(root);
      copyOf(root, AT - 86_400);
    },
    { trigger: true, copies: [`${SERVER}/tls-${AT - 86_400}`] },
  ],
  ['CAs that the present ones have signed', prepare(true), { next: true }],
  ['CAs that nothing vouches for', prepare(false), { next: false }],
  [
    'CAs that are older than those in use',
    async (root) => {
      await prepare(true)(root);
      for (const name of ['client', 'server', 'request-header', 'etcd/server', 'etcd/peer'])
        age(root, `rotate-ca/tls/${name}-ca.crt`, 1);
    },
    {},
  ],
  [
    'an empty directory',
    (root) => {
      mkdirSync(join(root, DIRECTORY));
    },
    {},
  ],
];

for (const [what, arrange, { trigger, next, copies }] of CASES)
  test(`rotations on disk: ${what}`, async (t) => {
    const { root } = await nodeFor(t, { kind: 'k3s-server' });
    await arrange(root);
    const caRotation =
      trigger === undefined && next === undefined
        ? {}
        : {
            caRotation: {
              trigger: trigger === true ? { path: TRIGGER, placedAt: AT * 1000 } : null,
              next: next === undefined ? null : { directory: DIRECTORY, isSigned: next === true },
            },
          };
    const expected: Pick<Preconditions, 'caRotation' | 'keyCopies'> = {
      ...caRotation,
      ...(copies === undefined ? {} : { keyCopies: copies }),
    };
    assert.deepEqual(await observeRotations(new Root(root), DATA), expected);
  });

test('the inventory of a server holds them, an agent has none', async (t) => {
  const server = await nodeFor(t, { kind: 'k3s-server' });
  place(server.root);
  copyOf(server.root, AT - 86_400);
  const { caRotation, keyCopies } = (await look(server)).preconditions;
  assert.equal(caRotation?.trigger?.path, TRIGGER);
  assert.equal(keyCopies?.length, 1);
  rmSync(join(server.root, TRIGGER));
  assert.equal((await look(server)).preconditions.caRotation, undefined);
  const agent = await nodeFor(t, { kind: 'k3s-agent' });
  assert.equal('caRotation' in (await look(agent)).preconditions, false);
});
