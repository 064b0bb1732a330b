import { date } from '../../domain/time/day.ts';
import { askStatus } from '../ask.ts';
import { type Context, print } from '../context.ts';
import { scrub } from '../render/paint.ts';
import { table } from '../render/table.ts';

/** `certagent alert silences` */
export async function run(context: Context): Promise<number> {
  const { silences = [] } = await askStatus(context);
  print(context, silences, () =>
    silences.length === 0
      ? 'No alert is silenced.'
      : table(
          [{ title: 'CODE' }, { title: 'SUBJECT' }, { title: 'UP TO' }, { title: 'UNTIL' }, { title: 'REASON' }],
          scrub(silences).map(({ code, subject, severity, until, reason }) =>
            [code, subject ?? 'all', severity, date(until), reason].map((text) => ({ text })),
          ),
          context,
        ),
  );
  return 0;
}
