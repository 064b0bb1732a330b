import { CertagentError } from '../domain/model/errors.ts';
import { PROGRAMS } from '../host/programs.ts';
import type { Root } from '../host/root.ts';
import { runShown } from '../host/shown-program.ts';

/** `since`, `until`: as journalctl takes them. */
export type LogRequest = {
  since: string;
  until?: string;
  follow: boolean;
  priority?: string;
  json: boolean;
  coloured: boolean;
};

/** Shows what the daemon's unit has logged, by journalctl. Returns its exit code. Throws CertagentError NO_JOURNAL. */
export async function showLog(root: Root, request: LogRequest): Promise<number> {
  const { since, until, follow, priority, json, coloured } = request;
  if (!root.isMachine)
    throw new CertagentError('NO_JOURNAL', 'certagent logs reads the journal of this machine, not that of an image', {
      remedy: `For the journal of the image: journalctl --root ${root.prefix} -u certagent`,
    });
  const args = [
    ...['--no-pager', '--unit=certagent', `--since=${since}`],
    ...(until === undefined ? [] : [`--until=${until}`]),
    ...(priority === undefined ? [] : [`--priority=${priority}`]),
    ...(json ? ['--output=json'] : []),
    ...(follow ? ['--follow'] : []),
  ];
  const limit = follow ? null : PROGRAMS.ownLog.limit;
  try {
    const exitCode = await runShown(root, 'journalctl', args, { limit, env: coloured ? {} : { SYSTEMD_COLORS: '0' } });
    return exitCode === 0 ? 0 : 1;
  } catch (cause) {
    throw new CertagentError('NO_JOURNAL', 'the journal of systemd cannot be shown', { cause });
  }
}
