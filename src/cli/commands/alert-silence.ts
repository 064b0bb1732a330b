import { date } from '../../domain/time/day.ts';
import { alertNamed } from '../alert-named.ts';
import { askNode } from '../ask.ts';
import { type Context, print } from '../context.ts';
import { scrub } from '../render/paint.ts';
import { untilOf } from '../until.ts';

/** `certagent alert silence CODE [SUBJECT] --for 7d --reason "…"` */
export async function run(context: Context): Promise<number> {
  const request = { ...alertNamed(context), ...untilOf(context, Date.now()) };
  const { answer } = await askNode(context, (node) => node.silence(request));
  print(context, answer, () => {
    const { code, subject, until, severity } = scrub(answer);
    const what = subject === null ? code : `${code} (${subject})`;
    const worse = severity === 'critical' ? '' : ` If it gets worse than ${severity}, it is sent all the same.`;
    return `${what} is not sent until ${date(until)}.${worse} certagent status still shows it.`;
  });
  return 0;
}
