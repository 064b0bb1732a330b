import { CertagentError } from '../../domain/model/errors.ts';
import { readSmall, writeAtomic } from '../../host/files.ts';
import type { Root } from '../../host/root.ts';
import { throughLink } from '../components/manifest-link.ts';
import { withCredentials } from './kubelet-conf-text.ts';

/**
 * Replaces the credentials in a kubelet.conf, atomically; it is root's alone afterwards. Throws CertagentError BAD_KUBECONFIG
 * naming the file, or the operating system's error.
 */
export async function changeKubeletConf(root: Root, conf: string, credentials: Record<string, string>): Promise<void> {
  const path = await throughLink(root, conf);
  const text = (await readSmall(path)).bytes.toString('utf8');
  const owner = process.getuid?.() === 0 ? { uid: 0, gid: 0 } : {};
  await writeAtomic(path, changed(conf, text, credentials), { mode: 0o600, ...owner });
}

function changed(conf: string, text: string, credentials: Record<string, string>): string {
  try {
    return withCredentials(text, credentials);
  } catch (error) {
    // The cause could quote the file; the message of our own errors does not.
    const why = error instanceof CertagentError ? error.message : 'cannot be read';
    throw new CertagentError('BAD_KUBECONFIG', `${conf} ${why}`);
  }
}
