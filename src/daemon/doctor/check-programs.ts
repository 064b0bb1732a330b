import { roleOf } from '../../domain/distributions/index.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { searchCommand } from '../../host/commands.ts';
import { Root } from '../../host/root.ts';
import { blockedBy, type Check, type Examined, type Finding, fails, ok, warning } from './doctor-check.ts';
import { TOPICS } from './topics.ts';

type Need = { name: string; for: string; isNeeded: boolean; host?: true };

export const programs: Check = {
  title: 'the programs that certagent runs',
  limit: 20 * SECOND,
  async run(known) {
    const needs = needsOf(known);
    const found = await Promise.all(needs.map((need) => missing(need, known.root)));
    const wrong = found.flatMap((one) => one ?? []);
    const good = wrong.length > 0 ? [] : [ok(`all are there: ${needs.map(({ name }) => name).join(', ')}`)];
    return [...blockedBy(TOPICS.programs, known, good), ...wrong];
  },
};

function needsOf({ view, config }: Examined): Need[] {
  const { node } = view.inventory;
  const runsUnits = config.hooks.length > 0 || (view.inventory.hooks?.hooks.length ?? 0) > 0;
  const tool = roleOf(node)?.tool ?? null;
  return [
    ...(tool === null ? [] : [{ name: tool, for: 'renewals', isNeeded: true }]),
    { name: 'systemctl', for: 'the state of the unit, and restarts', isNeeded: node.distribution !== null },
    { name: 'flock', for: 'the lock of the state directory', isNeeded: true, host: true },
    { name: 'cp', for: 'access control lists of files that are written again', isNeeded: false, host: true },
    { name: 'timedatectl', for: 'whether the clock is synchronised', isNeeded: false },
    { name: 'journalctl', for: 'why a unit does not start', isNeeded: false },
    { name: 'systemd-run', for: runsUnits ? 'hooks and rehearsals' : 'rehearsals', isNeeded: runsUnits },
  ];
}

async function missing({ name, for: use, isNeeded, host }: Need, root: Root): Promise<Finding | null> {
  const { path, foreign } = await searchCommand(host === true ? new Root('/') : root, name);
  if (path !== null) return null;
  const result = isNeeded ? fails : warning;
  if (foreign !== null)
    return result(
      `${name} is not run: ${foreign.path} ${foreign.why}`,
      `Check it, then take it over: chown root: ${foreign.path}; chmod go-w ${foreign.path}`,
    );
  return result(`${name} is not on this node (for ${use})`, `Install ${name}.`);
}
