import { SECOND } from '../../domain/time/duration.ts';
import { blockedBy, type Check, ok } from './doctor-check.ts';
import { TOPICS } from './topics.ts';

export const caKeys: Check = {
  title: 'the CA keys',
  limit: 10 * SECOND,
  async run(known) {
    const keys = known.view.inventory.preconditions.caKeys;
    const [here, elsewhere] = ['present', 'missing'].map((state) =>
      keys.flatMap((key) => (key.state === state ? [key.ca] : [])),
    );
    const parts = [
      ...(here!.length === 0 ? [] : [`present, and they match: ${here!.join(', ')}`]),
      ...(elsewhere!.length === 0 ? [] : [`not on this node, so a CA elsewhere signs: ${elsewhere!.join(', ')}`]),
    ];
    return blockedBy(TOPICS['ca-keys'], known, [ok(parts.join('; ') || 'certagent needs none on this node')]);
  },
};
