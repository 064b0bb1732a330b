// A configuration that no longer sets `mode` must not make an observing daemon renew.
import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openInbox } from '../../demo/inbox.ts';
import { exampleToml } from '../../src/config/example.ts';
import { remote } from '../../src/control/client.ts';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import type { TestNode } from '../../testnode/node.ts';
import { command, nodeFor } from '../testnode/support.ts';
import { MAIN, start, until } from './process.ts';
import { configure, fingerprints, toldAtLast } from './support.ts';

const certagent = (node: TestNode, ...words: string[]) =>
  command(process.execPath, [MAIN, '--root', node.root, ...words]);
const codes = ({ alerts }: StatusReport) => alerts.map(({ alert }) => alert.code);
const hasChecked = ({ nextCheckAt }: StatusReport) => nextCheckAt !== null;

test('a daemon that observed keeps observing without the key mode, alerts, and goes on when it is set again', async (t) => {
  // Urgent: a daemon in the default mode would renew at once.
  const node = await nodeFor(t, { leafEnds: Date.now() + 10 * DAY });
  await node.start();
  const inbox = await openInbox();
  t.after(() => inbox.close());
  const ask = remote(new Root(node.root));
  const status = (wanted: (status: StatusReport) => boolean, what: string) => until(() => ask.status(), wanted, what);
  await configure(node, 'mode = "observe"', inbox);
  const before = await fingerprints(node);
  let daemon = start(t, node);
  assert.ok(!codes(await status(hasChecked, 'the first check')).includes('MODE_MISSING'));

  await t.test('gone at a reload', async () => {
    await configure(node, '', inbox);
    const { code, stdout } = await certagent(node, 'reload');
    assert.equal(code, 0);
    assert.match(stdout, /mode: observe\)[\s\S]*does not set "mode" any more[\s\S]*certagent enable/);
    assert.ok((await toldAtLast(inbox, 'raised MODE_MISSING')).includes('raised MODE_MISSING'));
    assert.match((await certagent(node, 'status')).stdout, /does not set "mode" any more/);
  });

  await t.test('still gone at the next start, and without a daemon', async () => {
    daemon.child.kill('SIGTERM');
    await daemon.ended;
    await rm(join(node.root, CONFIG_FILE));
    const alone = JSON.parse((await certagent(node, 'status', '-o', 'json')).stdout) as StatusReport;
    assert.deepEqual([alone.mode, codes(alone).includes('MODE_MISSING')], ['observe', true]);
    const { code, stdout } = await certagent(node, 'renew', '--yes');
    assert.notEqual(code, 0);
    assert.match(stdout, /OBSERVE_MODE|only observes/);
    // A record that cannot be read counts as observing.
    await writeFile(join(node.root, 'var/lib/certagent/mode.json'), 'garbage');
    daemon = start(t, node);
    const seen = await status(hasChecked, 'the first check');
    assert.deepEqual([seen.mode, codes(seen).includes('MODE_MISSING')], ['observe', true]);
    assert.match(await readFile(join(node.root, 'var/lib/certagent/mode.json'), 'utf8'), /"observe"/);
  });

  await t.test('the example observes, and disable sets the key: the alert clears', async () => {
    await configure(node, '', inbox);
    assert.equal((await certagent(node, 'disable')).code, 0);
    assert.match(await readFile(join(node.root, CONFIG_FILE), 'utf8'), /^mode = "observe"$/m);
    assert.ok(!codes(await ask.status()).includes('MODE_MISSING'));
    await writeFile(join(node.root, CONFIG_FILE), exampleToml());
    assert.match((await certagent(node, 'reload')).stdout, /mode: observe\)\.\n$/);
  });

  await t.test('nothing on the node was changed by any of it', async () => {
    assert.deepEqual(await fingerprints(node), before);
  });
  daemon.child.kill('SIGTERM');
  await daemon.ended;
});

test('the default stays renew: a daemon that never observed renews without the key, and enable sets it', async (t) => {
  const node = await nodeFor(t, { leafEnds: Date.now() + 300 * DAY });
  await node.start();
  await configure(node, '');
  const daemon = start(t, node);
  const ask = remote(new Root(node.root));
  const seen = await until(() => ask.status(), hasChecked, 'the first check');
  assert.deepEqual([seen.mode, codes(seen).includes('MODE_MISSING')], ['renew', false]);
  await certagent(node, 'disable');
  await configure(node, '');
  await certagent(node, 'reload');
  assert.equal((await ask.status()).mode, 'observe');
  assert.equal((await certagent(node, 'enable', '--yes')).code, 0);
  assert.match(await readFile(join(node.root, CONFIG_FILE), 'utf8'), /^mode = "renew"$/m);
  assert.equal((await ask.status()).mode, 'renew');
  daemon.child.kill('SIGTERM');
  await daemon.ended;
});
