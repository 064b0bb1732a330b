// From one step of a renewal on, a disk is full or read-only: the previous certificates stay or are restored.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Step } from '../../src/domain/model/plan.ts';
import { assertAsBefore, assertTold, type Disk, type Ground, ground, noMounts, ownDisk, renewWith } from './support.ts';

const STATE = 'var/lib/certagent';
const CLUSTER = 'etc/kubernetes';
/** The directory of the node whose disk fails, and at which step. */
type Case = { under: string; at: Step['kind']; how: 'fill' | 'readOnly'; says: RegExp };

const cases: Record<string, Case> = {
  'the state directory is full at the backup': {
    under: STATE,
    at: 'backup',
    how: 'fill',
    says: /^NO_SPACE the backup does not fit on the disk of .*backups/,
  },
  'the state directory is read-only at the backup': {
    under: STATE,
    at: 'backup',
    how: 'readOnly',
    says: /^BACKUP_FAILED the backup in \S+ could not be made: /,
  },
  'the journal cannot be written once kubeadm runs': {
    under: STATE,
    at: 'kubeadm-renew',
    how: 'fill',
    says: /^ENOSPC \S+journal\.jsonl could not be written/,
  },
  "the cluster's directory is read-only when kubeadm writes": {
    under: CLUSTER,
    at: 'kubeadm-renew',
    how: 'readOnly',
    says: /^KUBEADM_FAILED kubeadm certs renew /,
  },
};

async function onDisk(t: TestContext, under: string): Promise<{ on: Ground; disk: Disk }> {
  let disk: Disk | undefined;
  const on = await ground(t, {
    renew: { cycle: 'annotate' },
    prepare: async (node, atEnd) => {
      disk = await ownDisk(node, under, '8m', atEnd);
    },
  });
  return { on, disk: disk as Disk };
}

describe('disks that fail', { concurrency: 2, skip: noMounts }, () => {
  for (const [what, { under, at, how, says }] of Object.entries(cases))
    test(what, async (t) => {
      const { on, disk } = await onDisk(t, under);
      const { outcome } = await renewWith(on.agent, at, () => disk[how]());
      assert.match(`${outcome.error?.code} ${outcome.error?.message}`, says);
      assert.ok((outcome.error?.remedy ?? '') !== '', 'a remedy');
      assert.notEqual(outcome.result, 'succeeded');
      // Alerts are delivered though neither spool nor book could be written.
      await assertTold(on.inbox, /raised RENEWAL_(ROLLED_BACK|FAILED)/);
      disk.free();
      disk.writable();
      await assertAsBefore(on);
      // What could not be written to the journal is settled at the next start.
      await on.agent.recover();
      assert.notEqual((await on.agent.status()).lastAttempt?.result, 'unfinished');
      assert.ok((await on.agent.check()).served.every(({ state }) => state === 'current'));
    });

  test('neither a manifest nor the previous files fit: no file is torn, and a forced renewal repairs the node', async (t) => {
    const { on, disk } = await onDisk(t, CLUSTER);
    const { outcome } = await renewWith(on.agent, 'cycle', () => disk.fill());
    assert.equal(outcome.result, 'failed');
    assert.match(
      `${outcome.error?.code} ${outcome.error?.message}`,
      /^ENOSPC \S+\.yaml could not be written.*afterwards: could not be put back from/,
    );
    assert.match(outcome.error?.remedy ?? '', /Make room/);
    disk.free();
    const status = await on.agent.check();
    assert.deepEqual(status.findings, []);
    assert.ok(status.certificates.every(({ key }) => key.state !== 'differs'));
    // Whole files are not enough: two components still run with what was there before.
    assert.ok(status.alerts.some(({ alert }) => alert.code === 'RENEWAL_FAILED'));
    assert.equal((await on.agent.renew({ force: true }, () => {}))?.result, 'succeeded');
    const healed = await on.agent.check();
    assert.ok(healed.served.every(({ state }) => state === 'current'));
    assert.deepEqual(healed.alerts, []);
  });
});
