import { CertagentError } from '../../domain/model/errors.ts';
import type { Root } from '../../host/root.ts';
import { parseCertificate } from '../../host/x509.ts';
import { until } from '../wait.ts';
import { inWords, isAway } from './away.ts';
import { apiAccess } from './client-counts.ts';
import { askWhoItIs, userIn } from './who-it-is.ts';

/** What a server has signed, and the key on this node that it belongs to. In memory only. */
export type Signed = { id: string; pem: string; key: string };

const LIMIT = 10_000;

/**
 * Shows each client certificate to the API server that the kubeconfig names, which must know it as the user that it names. Throws
 * CertagentError SIGNED_REFUSED, or SUPERVISOR_AWAY where none answers in time.
 */
export async function trySigned(
  root: Root,
  kubeconfig: string,
  signed: Signed[],
  waits: Parameters<typeof until>[1],
): Promise<void> {
  const access = await apiAccess(root, kubeconfig, null);
  for (const { id, pem, key } of signed) {
    const { usages, commonName } = parseCertificate(pem);
    if (!usages.includes('clientAuth')) continue;
    const client = { certificate: pem, key };
    const answer = await until(async () => {
      const seen = await askWhoItIs({ ...access, client }, LIMIT);
      return isAway(seen) ? `for the API server: ${inWords(seen)}` : seen;
    }, waits);
    if (typeof answer === 'string')
      throw new CertagentError('SUPERVISOR_AWAY', `the new ${id} could not be tried: waited in vain ${answer}`);
    const user = answer.status === null ? null : userIn(answer.text);
    if (user === null || user !== commonName)
      throw new CertagentError(
        'SIGNED_REFUSED',
        `the API server does not know the new ${id}: ${inWords(answer)}${user === null ? '' : `, "${user}"`}`,
      );
  }
}
