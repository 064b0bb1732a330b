import { readKey, readLeaf } from '../../../host/leaf.ts';
import type { Root } from '../../../host/root.ts';
import type { ClientCredentials } from '../../../host/tls.ts';

/** The credentials of a kubeconfig's current user. Throws CertagentError when it has none that can be used. */
export async function clientOf(root: Root, kubeconfig: string): Promise<ClientCredentials> {
  const { pem } = await readLeaf(root, kubeconfig);
  return { certificate: pem, key: await readKey(root, kubeconfig) };
}
