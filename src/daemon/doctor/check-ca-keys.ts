import { SECOND } from '../../domain/time/duration.ts';
import { blockedBy, type Check, ok } from './doctor-check.ts';
import { TOPICS } from './topics.ts';

export const caKeys: Check = {
  title: 'the CA keys',
  limit: 10 * SECOND,
  async run(known) {
    const { preconditions, certificates } = known.view.inventory;
    const [asked, elsewhere] = ['present', 'missing'].map((state) =>
      preconditions.caKeys.flatMap((key) => (key.state === state ? [key.ca] : [])),
    );
    // Where the start of the unit issues certificates, every CA that has its key here signs.
    const matching = certificates.filter(({ owner, key }) => owner === 'cluster-ca' && key.state === 'matches');
    const here = preconditions.caKeys.length > 0 ? asked! : matching.map(({ id }) => id);
    const parts = [
      ...(here.length === 0 ? [] : [`present, and they match: ${here.join(', ')}`]),
      ...(elsewhere!.length === 0 ? [] : [`not on this node, so a CA elsewhere signs: ${elsewhere!.join(', ')}`]),
    ];
    return blockedBy(TOPICS['ca-keys'], known, [ok(parts.join('; ') || 'certagent needs none on this node')]);
  },
};
