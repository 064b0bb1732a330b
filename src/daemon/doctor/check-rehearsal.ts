import { rehearsalHindrance } from '../../domain/decide/rehearsal-hindrance.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { blockedBy, type Check, ok } from './doctor-check.ts';
import { TOPICS } from './topics.ts';

/** A renewal without a rehearsal is not a failure, unless the operator wants one always. */
export const rehearsal: Check = {
  title: 'whether a renewal can be rehearsed',
  limit: 10 * SECOND,
  async run(known) {
    const { config, view } = known;
    if (config.renew.rehearse === 'never') return [ok('not wanted (renew.rehearse = "never")')];
    const hindrance = rehearsalHindrance(view.inventory);
    const good =
      hindrance === null
        ? 'possible; to try it: certagent plan --rehearse'
        : `not possible, and not required: ${hindrance.why}`;
    return blockedBy(TOPICS.rehearsal, known, [ok(good)]);
  },
};
