import { SECOND } from '../../domain/time/duration.ts';
import { blockedBy, type Check, ok } from './doctor-check.ts';
import { TOPICS } from './topics.ts';

export const caKeys: Check = {
  title: 'the CA keys',
  limit: 10 * SECOND,
  async run(known) {
    const names = known.view.inventory.preconditions.caKeys.map(({ ca }) => ca);
    const good =
      names.length === 0 ? 'certagent needs none on this node' : `present, and they match: ${names.join(', ')}`;
    return blockedBy(TOPICS['ca-keys'], known, [ok(good)]);
  },
};
