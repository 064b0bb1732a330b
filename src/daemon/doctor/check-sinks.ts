import { reachSink } from '../../alert/reach/index.ts';
import { namedSinks } from '../../config/sinks/index.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { foreignRoot } from '../../host/trust.ts';
import { type Check, type Finding, failure, ok, warning } from './doctor-check.ts';

/** Connects to each sink as for an alert, and sends none. */
export const sinks: Check = {
  title: 'the sinks',
  limit: 40 * SECOND,
  async run({ root, config }) {
    const all = namedSinks(config.alerts);
    if (all.every(({ kind }) => kind === 'heartbeat'))
      return [
        warning(
          'none is configured: alerts reach nobody',
          'Add [[alerts.email]], [[alerts.webhook]] or [[alerts.command]] (certagent config example).',
        ),
      ];
    if ((await foreignRoot(root)) !== null)
      return [warning('not checked: others can write to this image', 'Check them on the node itself.')];
    return Promise.all(
      all.map(async (sink): Promise<Finding> => {
        try {
          return ok(`${sink.name}: ${await reachSink(sink, root)}`);
        } catch (error) {
          return failure(error);
        }
      }),
    );
  },
};
