import type { ObservedCertificate } from '../domain/model/inventory.ts';
import { currentEntries, parseKubeconfig } from '../host/kubeconfig.ts';
import type { Root } from '../host/root.ts';
import type { ClientCredentials } from '../host/tls.ts';
import { readContent } from './file-content.ts';
import { newScan } from './scan.ts';

/** Kept in memory for one question and never in the inventory. */
export type Credentials = ClientCredentials;

/** The pair of a PEM certificate of the inventory; null unless it is there and the key belongs to it. */
export async function pemCredentials(
  root: Root,
  certificates: ObservedCertificate[],
  id: string,
): Promise<Credentials | null> {
  const found = certificates.find((one) => one.id === id);
  if (found?.place.kind !== 'pem' || found.key.state !== 'matches') return null;
  try {
    const [certificate, key] = await Promise.all([
      readContent(newScan(root), found.place.path),
      readContent(newScan(root), found.key.path),
    ]);
    return { certificate: certificate.text, key: key.text };
  } catch {
    return null;
  }
}

/** The current user's embedded pair of a kubeconfig; null unless it is there and the inventory says that the key belongs to it. */
export async function kubeconfigCredentials(
  root: Root,
  certificates: ObservedCertificate[],
  path: string,
): Promise<Credentials | null> {
  const found = certificates.find(
    ({ place }) => place.kind === 'kubeconfig' && place.path === path && place.entry === 'user' && place.index === 0,
  );
  if (found?.key.state !== 'matches') return null;
  try {
    const user = currentEntries(parseKubeconfig((await readContent(newScan(root), path)).bytes))?.user;
    return user?.certificate && user.key ? { certificate: user.certificate, key: user.key } : null;
  } catch {
    return null;
  }
}
