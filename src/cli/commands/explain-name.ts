import { didYouMean } from '../../config/nearest.ts';
import { remote } from '../../control/client.ts';
import { EXPLAINED, explainCode } from '../../domain/alerts/explain-code.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import type { StatusReport } from '../../domain/model/status.ts';
import { askNode, askStatus } from '../ask.ts';
import { type Context, print } from '../context.ts';
import { renderCertificate } from '../render/explained-certificate.ts';
import { renderCode } from '../render/explained-code.ts';

export async function run(context: Context): Promise<number> {
  const { argument, paint, width } = context;
  if (argument === undefined) {
    const { certificates } = await askStatus(context);
    const names = certificates.map(({ id }) => id);
    print(context, names, () => names.join('\n'));
    return 0;
  }
  const code = argument.toUpperCase();
  const found = explainCode(code);
  if (found !== null) {
    const active = await activeNow(context, code);
    print(context, { ...found, active }, () => renderCode(found, active, { paint, width }));
    return 0;
  }
  if (/^[A-Z0-9_]+$/.test(argument)) throw unknownCode(argument);
  const { answer } = await askNode(context, (node) => node.explain({ name: argument }));
  print(context, answer, () => renderCertificate(answer, { paint, width }));
  return 0;
}

/** null: no daemon says. What a code means needs none. */
async function activeNow({ root }: Context, code: string): Promise<StatusReport['alerts'] | null> {
  const status = await remote(root)
    .status()
    .catch(() => null);
  return status?.alerts.filter(({ alert }) => alert.code === code) ?? null;
}

function unknownCode(word: string): CertagentError {
  return new CertagentError(
    'CERTIFICATE_UNKNOWN',
    `there is no code and no certificate ${word}${didYouMean(word, EXPLAINED)}`,
    {
      remedy: 'certagent explain prints the names of the certificates; man certagent-alerts lists the codes of alerts.',
    },
  );
}
