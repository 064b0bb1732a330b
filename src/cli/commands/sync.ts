import { posix } from 'node:path';
import { CertagentError } from '../../domain/model/errors.ts';
import { askNode } from '../ask.ts';
import { type Context, print } from '../context.ts';
import { scrub } from '../render/paint.ts';
import { copyTable, copyTitle } from '../render/sections.ts';

export async function run(context: Context): Promise<number> {
  const dryRun = context.options.dryRun === true;
  const { adopt } = context.options;
  if (typeof adopt === 'string' && !adopt.startsWith('/'))
    throw new CertagentError('USAGE', `${adopt} is not an absolute path`, {
      remedy: 'Give the path of the copy as certagent sync shows it.',
    });
  const request = typeof adopt === 'string' ? { dryRun, adopt: posix.normalize(adopt) } : { dryRun };
  const { answer } = await askNode(context, (node) => node.sync(request));
  // Without --dry-run, a copy stays pending only where certagent observes; a user's own certificate, while its request waits.
  const observes = !dryRun && answer.some(({ result, own }) => result === 'pending' && own === undefined);
  print(context, answer, () => {
    if (answer.length === 0) return 'There are no copies on this node.';
    const title = `${copyTitle(answer)}${dryRun || observes ? ' (nothing was changed)' : ''}`;
    const why = observes ? '\ncertagent only observes this node.\nWhat to do: certagent enable' : '';
    return `${context.paint('bold', title)}\n${copyTable(scrub(answer), context)}${why}`;
  });
  return observes || answer.some(({ result }) => result === 'failed' || result === 'refused') ? 1 : 0;
}
