import { SECOND } from '../../domain/time/duration.ts';
import { makeCopies } from '../copies-of-node.ts';
import { type Check, ok, warning } from './doctor-check.ts';

/** Whether each copy could be updated now; users who do not exist are the configuration's check. */
export const copies: Check = {
  title: 'the copies',
  limit: 60 * SECOND,
  async run({ root, config, view: { inventory, policy } }) {
    const outcomes = await makeCopies(root)({ config, inventory, policy, dryRun: true, remember: false });
    const wrong = outcomes.flatMap(({ path, result, detail }) =>
      result === 'failed' || result === 'refused'
        ? [warning(`${path} would not be updated: ${detail}`, 'See: certagent sync --dry-run')]
        : [],
    );
    if (wrong.length > 0) return wrong;
    return [
      ok(
        outcomes.length === 0
          ? config.copies.enabled
            ? 'there are none'
            : 'not wanted'
          : `${outcomes.length} can be kept up to date`,
      ),
    ];
  },
};
