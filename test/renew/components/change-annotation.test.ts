// Somebody saves a manifest while certagent changes its annotation.
import assert from 'node:assert/strict';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Root } from '../../../src/host/root.ts';
import { ANNOTATION } from '../../../src/renew/components/annotation.ts';
import { changeAnnotation } from '../../../src/renew/components/change-annotation.ts';

const MANIFEST = '/etc/kubernetes/manifests/etcd.yaml';
const TEXT = 'kind: Pod\nmetadata:\n  name: etcd\n';
const EDITED = `${TEXT}spec: {}\n`;

/** What happens after certagent has read the file: `now` is asked between its reading and its writing. */
const EDITS: [what: string, edit: (file: string) => void, left: string | null][] = [
  ['in place', (file) => writeFileSync(file, EDITED), EDITED],
  [
    'by rename, as editors do',
    (file) => {
      writeFileSync(`${file}~`, EDITED);
      renameSync(`${file}~`, file);
    },
    EDITED,
  ],
  [
    'the same content in a new file',
    (file) => {
      writeFileSync(`${file}~`, TEXT);
      renameSync(`${file}~`, file);
    },
    TEXT,
  ],
  ['its mode', (file) => chmodSync(file, 0o600), TEXT],
  ['it is removed', (file) => rmSync(file), null],
];

for (const isLink of [false, true])
  for (const [what, edit, left] of EDITS)
    test(`a manifest that somebody changes at the same time, ${what}${isLink ? ', behind a link' : ''}, stays theirs`, async (t) => {
      const directory = await mkdtemp(join(tmpdir(), 'certagent-edit-'));
      t.after(() => rm(directory, { recursive: true, force: true }));
      const root = new Root(directory);
      const file = root.at(isLink ? '/srv/etcd.yaml' : MANIFEST);
      for (const path of [file, root.at(MANIFEST)]) await mkdir(dirname(path), { recursive: true });
      await writeFile(file, TEXT, { mode: 0o644 });
      if (isLink) await symlink('/srv/etcd.yaml', root.at(MANIFEST));
      const changing = changeAnnotation(
        { manifest: MANIFEST },
        {
          root,
          now: () => {
            edit(file);
            return 0;
          },
        },
      );
      await assert.rejects(changing, (error: { code: string }) =>
        ['MANIFEST_CHANGED', 'MANIFEST_MISSING'].includes(error.code),
      );
      assert.equal(await readFile(file, 'utf8').catch(() => null), left);
      const all = await readdir(directory, { recursive: true });
      assert.deepEqual(
        all.filter((name) => name.endsWith('.tmp')),
        [],
      );
    });

test('a manifest that nobody changes gets its annotation', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-edit-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const root = new Root(directory);
  await mkdir(dirname(root.at(MANIFEST)), { recursive: true });
  await writeFile(root.at(MANIFEST), TEXT);
  await changeAnnotation({ manifest: MANIFEST }, { root, now: () => 0 });
  assert.ok((await readFile(root.at(MANIFEST), 'utf8')).includes(ANNOTATION));
});
