import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mebibytes } from '../../domain/distributions/rehearsing.ts';
import { errorCode } from '../../domain/model/errors.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { type Root, STATE_DIR } from '../../host/root.ts';
import { blockedBy, type Check, type Finding, fails, ok } from './doctor-check.ts';
import { TOPICS } from './topics.ts';

export const disk: Check = {
  title: 'the disk',
  limit: 10 * SECOND,
  async run(known) {
    const { disk: places } = known.view.inventory.preconditions;
    const room = places.map(({ path, freeBytes, neededBytes }) =>
      ok(`${path}: ${mebibytes(freeBytes)} are free, a renewal needs ${mebibytes(neededBytes)}`),
    );
    return [...blockedBy(TOPICS.disk, known, room), ...(await unwritable(known.root, STATE_DIR))];
  },
};

/** The directory, or its nearest parent that exists. */
async function unwritable(root: Root, path: string): Promise<Finding[]> {
  try {
    await access(root.at(path), constants.W_OK);
    return [];
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' && path !== '/') return unwritable(root, dirname(path));
    return [
      fails(
        `${path} cannot be written (${code}): certagent keeps its journal and its backups there`,
        code === 'EACCES' ? 'Run certagent doctor as root.' : `Make ${path} writable.`,
      ),
    ];
  }
}
