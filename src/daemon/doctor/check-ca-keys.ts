import { SECOND } from '../../domain/time/duration.ts';
import { blockedBy, type Check, ok } from './doctor-check.ts';
import { TOPICS } from './topics.ts';

export const caKeys: Check = {
  title: 'the CA keys',
  limit: 10 * SECOND,
  async run(known) {
    const { preconditions, certificates } = known.view.inventory;
    // Where the start of the unit issues certificates, every CA that has its key here signs.
    const present = certificates.filter(({ owner, key }) => owner === 'cluster-ca' && key.state === 'matches');
    const names =
      preconditions.caKeys.length > 0 ? preconditions.caKeys.map(({ ca }) => ca) : present.map(({ id }) => id);
    const good =
      names.length === 0 ? 'certagent needs none on this node' : `present, and they match: ${names.join(', ')}`;
    return blockedBy(TOPICS['ca-keys'], known, [ok(good)]);
  },
};
