import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { layOutRotation, rotationDirectory } from '../../testnode/k3s-rotation.ts';
import { k3sFlavour, readNodeRecord } from '../../testnode/options.ts';

/** What an operator does: new CAs in `server/rotate-ca`, then in the datastore. The next start of the unit loads them. */
export async function rotateCas({ root }: { root: string }, { isCrossSigned = true } = {}): Promise<void> {
  const record = readNodeRecord(root);
  await layOutRotation(root, record, isCrossSigned);
  const words = ['certificate', 'rotate-ca', `--path=${rotationDirectory(record)}`];
  const program = join(root, 'usr/local/bin', k3sFlavour(record.kind)!);
  const { status, stderr } = spawnSync(program, isCrossSigned ? words : [...words, '--force']);
  assert.equal(status, 0, String(stderr));
}
