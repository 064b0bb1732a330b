// A rehearsal's certificates that would not be proved to be in use, or are not there, are not put in place.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { RenewalPlan } from '../../../src/domain/model/plan.ts';
import { DAY } from '../../../src/domain/time/duration.ts';
import { Root } from '../../../src/host/root.ts';
import { MANIFEST, placeIn, sha256 } from '../../../src/renew/backup/backup-manifest.ts';
import type { StepContext } from '../../../src/renew/steps/actor.ts';
import { installRehearsed } from '../../../src/renew/steps/install-rehearsed.ts';
import { issueAuthority, issueCertificate } from '../../../testnode/pki.ts';

const [FROM, BACKUP] = ['/var/lib/certagent/installing/p', '/var/lib/certagent/backups/p'];

async function staged(t: { after: (end: () => Promise<void>) => void }, days: { previous: number; next: number }) {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-in-place-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const root = new Root(directory);
  const now = Date.now();
  const ca = await issueAuthority({ commonName: 'ca', notBefore: now - DAY, notAfter: now + 1_000 * DAY });
  const issued = async (left: number) =>
    issueCertificate({
      ca,
      subject: { commonName: 'a' },
      usages: ['client'],
      notBefore: now - DAY,
      notAfter: now + left * DAY,
    });
  const [previous, next] = [await issued(days.previous), await issued(days.next)];
  const put = async (at: string, files: Record<string, string>) => {
    const facts = { mode: 0o600, uid: process.getuid!(), gid: process.getgid!(), modifiedAt: now };
    const list = Object.entries(files).map(([path, text]) => ({
      ...facts,
      path,
      size: text.length,
      sha256: sha256(text),
    }));
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(placeIn(root.at(at), path)), { recursive: true });
      await writeFile(placeIn(root.at(at), path), text);
    }
    const manifest = { version: 1, planId: 'p', createdAt: now, files: list, links: [], absent: [] };
    await writeFile(join(root.at(at), MANIFEST), JSON.stringify(manifest));
  };
  const before = { '/a.key': previous.keyPem, '/a.crt': previous.certificatePem };
  await put(BACKUP, before);
  await put(FROM, { '/a.key': next.keyPem, '/a.crt': next.certificatePem });
  for (const [path, text] of Object.entries(before)) await writeFile(root.at(path), text);
  const old = { serial: '1', notAfter: now + days.previous * DAY, sans: [], usages: [], subject: 'CN=a' };
  const step = {
    kind: 'install-rehearsed' as const,
    from: FROM,
    leaves: [{ id: 'a', path: '/a.crt', keyPath: '/a.key', caPath: null, old }],
  };
  const plan = { steps: [{ kind: 'backup', directory: BACKUP, files: [], directories: [] }, step] };
  const context = { root, plan: plan as unknown as RenewalPlan, now: () => now } as StepContext;
  return { root, step, context, before, next };
}

test('key and certificate are put in place, once', async (t) => {
  const { root, step, context, next } = await staged(t, { previous: 20, next: 365 });
  assert.equal(await installRehearsed.isDone(step, context), null);
  assert.match(await installRehearsed.act(step, context), /^2 files written/);
  assert.equal(await readFile(root.at('/a.key'), 'utf8'), next.keyPem);
  assert.equal(await readFile(root.at('/a.crt'), 'utf8'), next.certificatePem);
  assert.equal(await installRehearsed.isDone(step, context), 'in place already');
  assert.equal(await installRehearsed.mayGoOn?.(step, context), true);
  await writeFile(root.at('/a.crt'), 'theirs');
  assert.equal(await installRehearsed.mayGoOn?.(step, context), false);
});

test('nothing is written where the API server would count both alike', async (t) => {
  const { root, step, context, before } = await staged(t, { previous: 10, next: 29 });
  await assert.rejects(installRehearsed.act(step, context), { code: 'CLIENTS_UNSEEN' });
  for (const [path, text] of Object.entries(before)) assert.equal(await readFile(root.at(path), 'utf8'), text);
});

test('nothing is written where somebody has changed the key, or the rehearsal has left nothing', async (t) => {
  const { root, step, context } = await staged(t, { previous: 20, next: 365 });
  await writeFile(root.at('/a.key'), 'theirs');
  await assert.rejects(installRehearsed.act(step, context), { code: 'CHANGED_SINCE' });
  assert.equal(await readFile(root.at('/a.key'), 'utf8'), 'theirs');
  const other = { ...step, leaves: [{ ...step.leaves[0]!, path: '/b.crt' }] };
  await assert.rejects(installRehearsed.act(other, context), { code: 'BAD_CERTIFICATE' });
});
