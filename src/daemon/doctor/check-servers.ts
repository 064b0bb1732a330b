import { componentName } from '../../domain/distributions/restarted-unit.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { blockedBy, type Check, type Finding, fails, ok, warning } from './doctor-check.ts';
import { TOPICS } from './topics.ts';

/** What runs on the node, what it serves, and an agent's servers. */
export const servers: Check = {
  title: 'the components and what they serve',
  limit: 10 * SECOND,
  async run(known) {
    const { served, preconditions, node } = known.view.inventory;
    const wrong = served.flatMap((one): Finding[] => {
      const { name, port, expects } = one.endpoint;
      if (one.state === 'stale')
        return [
          fails(
            `${name} (${port}) does not serve ${expects} as it is on disk`,
            `Restart ${name}, after certagent explain ${expects}`,
          ),
        ];
      return one.state === 'unreachable'
        ? [warning(`${name} (${port}) does not answer: ${one.detail}`, `See whether ${name} runs.`)]
        : [];
    });
    const names = preconditions.components.map(({ name }) => componentName(name, node));
    const all = names.length === 0 ? 'none that certagent must restart' : `healthy: ${names.join(', ')}`;
    const good =
      wrong.length > 0 ? [] : [ok(`${all}${served.length === 0 ? '' : `; ${serving(served.length)} what is on disk`}`)];
    return [...blockedBy(TOPICS.servers, known, good), ...wrong];
  },
};

const serving = (count: number): string => (count === 1 ? 'one port serves' : `${count} ports serve`);
