import { CertagentError } from '../../domain/model/errors.ts';
import { askNode } from '../ask.ts';
import { type Context, print } from '../context.ts';
import { scrub } from '../render/paint.ts';
import { table } from '../render/table.ts';

export async function run(context: Context): Promise<number> {
  const { answer } = await askNode(context, (node) => node.testAlerts());
  if (answer.length === 0) {
    throw new CertagentError('NO_SINKS', 'no sink is configured: alerts reach nobody', {
      remedy:
        'Add [[alerts.email]], [[alerts.webhook]] or [[alerts.command]] to the configuration; `certagent config example` shows how.',
    });
  }
  print(context, answer, () => {
    const results = table(
      [{ title: 'SINK' }, { title: 'RESULT' }, { title: 'DETAIL' }],
      scrub(answer).map(({ sink, ok, detail }) => [
        { text: sink },
        ok ? { text: 'accepted', style: 'green' } : { text: 'FAILED', style: 'red' },
        { text: detail },
      ]),
      context,
    );
    const remedies = scrub(answer).flatMap(({ sink, remedy }) =>
      remedy === undefined ? [] : [`What to do (${sink}): ${remedy}`],
    );
    return [results, ...remedies].join('\n');
  });
  return answer.every(({ ok }) => ok) ? 0 : 1;
}
