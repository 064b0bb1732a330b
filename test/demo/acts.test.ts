import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { runDemo } from '../../demo/acts.ts';
import { closedWindow } from '../../demo/window.ts';
import { parseConfig } from '../../src/config/load.ts';
import { DAY, HOUR } from '../../src/domain/time/duration.ts';
import { inMaintenance } from '../../src/domain/time/windows.ts';
import { ourselves } from '../../src/host/self.ts';

test("the demo's maintenance window is closed now and for a day, at every hour of a week in every time zone", async () => {
  const begin = Date.UTC(2026, 10, 27, 2, 30);
  for (let now = begin; now < begin + 7 * DAY; now += HOUR) {
    const { maintenance } = await parseConfig(closedWindow(now), 'config.toml');
    for (const timeZone of ['UTC', 'Pacific/Kiritimati', 'Etc/GMT+12', 'Asia/Kolkata'])
      for (const later of [0, 12, 24])
        assert.equal(
          inMaintenance({ ...maintenance, timeZone }, now + later * HOUR),
          false,
          `${new Date(now).toISOString()} ${timeZone} +${later} h`,
        );
  }
});

// Inside of the default window the daemon would renew by itself before anybody asks it to.
test('the act of a manual renewal succeeds where the node’s clock shows 02:30', async () => {
  const shown = new Text();
  const code = await runDemo({
    keep: false,
    out: shown,
    certagent: ourselves(),
    acts: ['kubeadm'],
    timeZone: zoneWhereItIs(2, Date.now()),
  });
  assert.equal(code, 0, shown.text);
  assert.match(shown.text, /^Renewed 11 certificates/m);
});

/** A time zone in which the clock on the wall shows that hour now. */
function zoneWhereItIs(hour: number, now: number): string {
  const ahead = (hour - new Date(now).getUTCHours() + 24) % 24;
  // "Etc/GMT-3" is three hours ahead of UTC; there are zones from GMT-14 to GMT+12.
  return ahead <= 14 ? `Etc/GMT-${ahead}` : `Etc/GMT+${24 - ahead}`;
}

class Text extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk;
    done();
  }
}
