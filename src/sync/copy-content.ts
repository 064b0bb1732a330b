import { CertagentError } from '../domain/model/errors.ts';
import { type Kubeconfig, type KubeconfigUser, parseKubeconfig } from '../host/kubeconfig.ts';
import type { CopyContent } from './messages.ts';

// Runs in the helper only: a hostile YAML text can keep the parser busy for minutes, which must not stop the daemon.

/**
 * The credentials of a kubeconfig copy, which kubectl can read. Throws CertagentError BAD_YAML or BAD_KUBECONFIG; neither
 * quotes the content.
 */
export function readContent(text: string): CopyContent {
  return contentOf(parseKubeconfig(text));
}

/** Keeps the byte order mark, so that encoding again gives the same bytes. Throws CertagentError BAD_KUBECONFIG. */
export function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CertagentError('BAD_KUBECONFIG', 'is not UTF-8 text');
  }
}

function contentOf({ clusters, users, contexts }: Kubeconfig): CopyContent {
  return {
    clusters: clusters.map(({ name, ca }) => ({ name, ca: encoded(ca) })),
    users: users.map((user) => ({
      name: user.name,
      certificate: encoded(user.certificate),
      key: encoded(user.key),
      other: user.otherCredential ?? fileOf(user),
      certificateFile: user.certificateFile,
      keyFile: user.keyFile,
    })),
    contexts: contexts.map(({ cluster, user }) => ({ cluster, user })),
  };
}

function fileOf({ certificateFile, keyFile }: KubeconfigUser): string | null {
  if (certificateFile !== null) return 'client-certificate';
  return keyFile === null ? null : 'client-key';
}

const encoded = (pem: string | null) => (pem === null ? null : Buffer.from(pem).toString('base64'));
