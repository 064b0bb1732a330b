import { readRequests, removeHalfRequests, removeRequest } from '../host/request-files.ts';
import type { Root } from '../host/root.ts';
import { removeStaged } from '../renew/external/installed-files.ts';
import type { View } from './view.ts';

/**
 * Removes requests whose answer is in place, and what installations have left: private keys that nothing needs any more. Only while no plan
 * is unfinished, and nothing else works on requests.
 */
export async function removeEndedRequests(root: Root, { inventory, history }: View): Promise<void> {
  if (history.attempts.at(-1)?.result === 'unfinished') return;
  const there = new Set(inventory.certificates.map(({ certificate }) => certificate.publicKey));
  for (const { id, publicKey } of await readRequests(root)) if (there.has(publicKey)) await removeRequest(root, id);
  await removeHalfRequests(root);
  await removeStaged(root);
}
