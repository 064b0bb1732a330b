import { SECOND } from '../../domain/time/duration.ts';
import { userNamed } from '../../host/users.ts';
import { makeCopies } from '../copies-of-node.ts';
import { type Check, ok, warning } from './doctor-check.ts';

/** Who is named, and whether each copy could be updated now. */
export const copies: Check = {
  title: 'the copies',
  limit: 60 * SECOND,
  async run({ root, config, view: { inventory } }) {
    const { enabled, users, only, deny } = config.copies;
    const named = [...new Set([...users, ...only, ...deny])];
    const known = await Promise.all(named.map(async (name) => ({ name, user: await userNamed(root, name) })));
    const unknown = known.flatMap(({ name, user }) =>
      user === null
        ? [warning(`copies names the user ${name}, whom this node does not know`, 'Correct the name in [copies].')]
        : [],
    );
    const outcomes = await makeCopies(root)({ config, inventory, dryRun: true, remember: false });
    const refused = outcomes.flatMap(({ path, result, detail }) =>
      result === 'failed' || result === 'refused'
        ? [warning(`${path} would not be updated: ${detail}`, 'See: certagent sync --dry-run')]
        : [],
    );
    const wrong = [...unknown, ...refused];
    if (wrong.length > 0) return wrong;
    return [
      ok(
        outcomes.length === 0
          ? enabled
            ? 'there are none'
            : 'not wanted'
          : `${outcomes.length} can be kept up to date`,
      ),
    ];
  },
};
