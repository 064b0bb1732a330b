import packageJson from '../../../package.json' with { type: 'json' };
import { nodeLabels } from '../../config/node-labels.ts';
import { remote } from '../../control/client.ts';
import { errorCode } from '../../domain/model/errors.ts';
import type { StatusReport } from '../../domain/model/status.ts';
import { formatDuration, HOUR, SECOND } from '../../domain/time/duration.ts';
import { type Check, type Examined, type Finding, fails, ok, warning } from './doctor-check.ts';

const RESTART = 'Restart it, so that the installed version runs: systemctl restart certagent';
/** A check that is so late did not happen. */
const LATE = 2 * HOUR;

export const daemon: Check = {
  title: 'the daemon',
  limit: 30 * SECOND,
  async run(known) {
    let status: StatusReport;
    try {
      status = await remote(known.root).status();
    } catch (error) {
      if (errorCode(error) !== 'NO_DAEMON') throw error;
      return [
        fails('no daemon is running: nothing is renewed, and no alert is sent', 'Start it: systemctl start certagent'),
      ];
    }
    const wrong = differences(status, known);
    return wrong.length > 0 ? wrong : [ok(`it answers, with version ${status.version} and this configuration`)];
  },
};

function differences(status: StatusReport, { config, now }: Examined): Finding[] {
  const { version, mode, labels, configError, nextCheckAt } = status;
  const isSame = mode === config.mode && JSON.stringify(labels) === JSON.stringify(nodeLabels(config));
  return [
    ...(version === packageJson.version
      ? []
      : [warning(`the daemon has version ${version}, this is ${packageJson.version}`, RESTART)]),
    ...(configError === null
      ? []
      : [
          fails(
            `it refused the configuration, and uses the previous one: ${configError}`,
            'Correct it: certagent config check; certagent reload',
          ),
        ]),
    ...(isSame || configError !== null
      ? []
      : [fails('it uses another configuration than the file holds', 'Load it: certagent reload')]),
    ...(nextCheckAt === null || now - nextCheckAt < LATE
      ? []
      : [
          fails(
            `its check is ${formatDuration(now - nextCheckAt)} late`,
            'See what it does: certagent logs; systemctl status certagent',
          ),
        ]),
  ];
}
