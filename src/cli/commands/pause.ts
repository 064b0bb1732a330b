import { date } from '../../domain/time/day.ts';
import { askNode } from '../ask.ts';
import { type Context, print } from '../context.ts';
import { scrub } from '../render/paint.ts';
import { untilOf } from '../until.ts';

/** `certagent pause --until DATE --reason "…"` */
export async function run(context: Context): Promise<number> {
  const request = untilOf(context, Date.now());
  const { answer } = await askNode(context, (node) => node.pause(request));
  const { answer: status } = await askNode(context, (node) => node.status());
  const { distribution } = status.node;
  const expiring = status.certificates.filter(
    ({ owner, certificate }) => owner === distribution && certificate.notAfter <= answer.until,
  );
  print(context, answer, () => {
    const paused = `Renewals are paused until ${date(answer.until)}; alerts go on. To end it earlier: certagent resume`;
    const [first] = scrub(expiring);
    if (first === undefined) return paused;
    const warning = `This pause outlasts certificates: ${first.id} expires at ${date(first.certificate.notAfter)}. Alerts about it are critical.`;
    return `${paused}\n${context.paint('red', warning)}`;
  });
  return 0;
}
