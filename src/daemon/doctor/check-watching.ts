import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { errorCode } from '../../domain/model/errors.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { type Check, ok, warning } from './doctor-check.ts';

const LIMITS = '/proc/sys/fs/inotify';
/** The kubelet, systemd and certagent share root's watches. */
const FEW = 8_192;

/** inotify's limits: certagent then sees changed files at its next check only. */
export const watching: Check = {
  title: 'whether files can be watched',
  limit: 5 * SECOND,
  async run({ root }) {
    try {
      watch(root.at('/')).close();
    } catch (error) {
      return [
        warning(
          `files cannot be watched (${errorCode(error)}): a changed file is seen at the next regular check`,
          'Raise the limits: sysctl fs.inotify.max_user_watches=65536 fs.inotify.max_user_instances=512',
        ),
      ];
    }
    const most = Number(await readFile(`${LIMITS}/max_user_watches`, 'utf8').catch(() => Number.NaN));
    if (most < FEW)
      return [
        warning(`root can watch ${most} files at most`, 'Raise the limit: sysctl fs.inotify.max_user_watches=65536'),
      ];
    return [ok(`files can be watched${Number.isNaN(most) ? '' : `, ${most} at most`}`)];
  },
};
