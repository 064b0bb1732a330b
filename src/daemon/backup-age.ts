import type { Config } from '../config/schema.ts';
import { BACKUPS_DIR } from '../domain/plan/planner.ts';
import { DAY } from '../domain/time/duration.ts';
import type { Root } from '../host/root.ts';
import { removeBefore } from '../renew/backup/old-backups.ts';
import type { View } from './view.ts';

/**
 * Removes backups that are older than the configuration allows, but not by a clock that is doubtful, and none that an
 * unfinished plan needs: the one that it made, and the one that it restores.
 */
export async function removeAgedBackups(root: Root, { renew }: Config, { inventory, history }: View): Promise<void> {
  if (inventory.clock.doubt !== null) return;
  const last = history.attempts.at(-1);
  const needed = last?.result === 'unfinished' ? [last.planId, last.restores ?? last.planId] : [];
  await removeBefore(root.at(BACKUPS_DIR), inventory.takenAt - renew.backup_days * DAY, needed);
}
