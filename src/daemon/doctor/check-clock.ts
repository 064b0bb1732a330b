import { CLOCK_REMEDY } from '../../domain/decide/blockers.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { type Check, fails, ok, warning } from './doctor-check.ts';

export const clock: Check = {
  title: 'the clock',
  limit: 10 * SECOND,
  async run({ view: { inventory } }) {
    const { doubt, synchronized, detail } = inventory.clock;
    if (doubt !== null) return [fails(`it is doubtful: ${doubt}`, CLOCK_REMEDY)];
    if (synchronized === true) return [ok('it is synchronised')];
    return [warning(`certagent trusts it, and does not know whether it is right (${detail})`, CLOCK_REMEDY)];
  },
};
