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
    const trusted =
      'certagent trusts it, because clock.require_synchronized = false, and does not know whether it is right';
    return [warning(`${trusted} (${detail})`, TRUSTED_REMEDY)];
  },
};

const TRUSTED_REMEDY =
  'Compare it with a clock that is right. Where an NTP server can be reached: timedatectl set-ntp true, and remove that key.';
