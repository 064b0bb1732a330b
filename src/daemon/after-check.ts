import type { Config } from '../config/schema.ts';
import { explain } from '../domain/model/errors.ts';
import type { Log } from '../host/logger.ts';
import type { Root } from '../host/root.ts';
import { removeAgedBackups } from './backup-age.ts';
import type { ClockMemory } from './clock-memory.ts';
import { removeEndedRequests } from './ended-requests.ts';
import type { View } from './view.ts';

/** What each check does with certagent's own state: the time that was believed, backups that are too old, and requests
 * that are answered. */
export async function keepState(
  { root, config, clock, log }: { root: Root; config: Config; clock: ClockMemory; log: Log },
  view: View,
): Promise<void> {
  const warn = (what: string) => (error: unknown) => log.warn({}, `${what}: ${explain(error)}`);
  const { takenAt, clock: shown } = view.inventory;
  const kept = shown.doubt === null ? await clock.remember(takenAt).catch(warn('the time cannot be saved')) : null;
  if (typeof kept === 'string')
    log.warn({}, `${kept} is what another version of certagent wrote, or is damaged; it is not used`);
  await removeEndedRequests(root, view).catch(warn('ended requests cannot be removed'));
  await removeAgedBackups(root, config, view).catch(warn('old backups cannot be removed'));
}
