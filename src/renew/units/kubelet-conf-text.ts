import type { Certificate } from '../../domain/model/certificate.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import { parseGoYaml } from '../../host/go-yaml.ts';
import { currentEntries, type Kubeconfig, parseKubeconfig, whyUnusable } from '../../host/kubeconfig.ts';
import { certificateTexts } from '../../host/pem.ts';
import { isSignedBy, parseCertificate, publicKeyOfPrivate } from '../../host/x509.ts';
import { yamlTextOf } from '../../host/yaml.ts';

/** What a certificate that kubeadm printed must be. `ca` is the PEM text of the CA on disk. */
export type Wanted = { user: string; group: string; ca: string | null; later: number; now: number };

/** Of a user of a kubeconfig: the names of its keys, with their values. */
type Credentials = Record<string, string>;

/**
 * The credentials that kubeadm printed as a kubeconfig. Throws CertagentError KUBELET_CONF_REFUSED, which never quotes what
 * was printed: it holds a private key.
 */
export function printedCredentials(
  printed: string,
  wanted: Wanted,
): { credentials: Credentials; certificate: Certificate } {
  const config = checked(() => parseKubeconfig(printed));
  const [user, ...others] = config.users;
  if (user === undefined || others.length > 0 || currentEntries(config)?.user !== user)
    throw refused('it does not hold one user, that of its current context');
  if (user.certificate === null || user.key === null || user.otherCredential !== null)
    throw refused('its user does not have a certificate and a key, and nothing else');
  const [pem, ...chain] = certificateTexts(user.certificate);
  if (pem === undefined || chain.length > 0) throw refused('its user does not have one certificate');
  const certificate = checked(() => parseCertificate(pem));
  const why = whyNot(certificate, wanted);
  if (why !== null) throw refused(why);
  if (wanted.ca === null || !isSignedBy(pem, wanted.ca))
    throw refused('the CA on this node did not sign its certificate');
  const key = user.key;
  if (checked(() => publicKeyOfPrivate(key)) !== certificate.publicKey)
    throw refused('its key does not belong to its certificate');
  const credentials = { 'client-certificate-data': base64(user.certificate), 'client-key-data': base64(key) };
  return { credentials, certificate };
}

function whyNot(certificate: Certificate, { user, group, later, now }: Wanted): string | null {
  if (certificate.commonName !== user) return `its certificate is not for ${user}`;
  if (certificate.organizations.join() !== group) return `its certificate is not of the group ${group} alone`;
  if (certificate.isCa || !certificate.usages.includes('clientAuth')) return 'its certificate is not for a client';
  if (certificate.notBefore > now || certificate.notAfter <= later) return 'its certificate is not valid for longer';
  return null;
}

/**
 * A kubeconfig with other credentials for the user of its current context; server, CA and all else stay. Throws
 * CertagentError BAD_KUBECONFIG or BAD_YAML, which never quote the content.
 */
export function withCredentials(text: string, credentials: Credentials): string {
  const user = current(parseKubeconfig(text)).user;
  const data = parseGoYaml(text) as { users: { name: string; user: Credentials }[] };
  for (const entry of data.users) if (entry.name === user.name) entry.user = credentials;
  const changed = yamlTextOf(data);
  const [before, after] = [parseKubeconfig(text), parseKubeconfig(changed)];
  const rest = (config: Kubeconfig) =>
    JSON.stringify({ ...config, users: config.users.filter(({ name }) => name !== user.name) });
  if (whyUnusable(after) !== null || rest(before) !== rest(after))
    throw new CertagentError('BAD_KUBECONFIG', 'cannot be changed without changing more of it');
  return changed;
}

function current(config: Kubeconfig): NonNullable<ReturnType<typeof currentEntries>> {
  const entries = currentEntries(config);
  if (entries === null || entries.cluster.server === null)
    throw new CertagentError('BAD_KUBECONFIG', 'has no user or no server in its current context');
  return entries;
}

function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    // These errors name places, and no content.
    throw refused(error instanceof CertagentError ? `it ${error.message}` : 'it cannot be read');
  }
}

function refused(why: string): CertagentError {
  return new CertagentError('KUBELET_CONF_REFUSED', `what kubeadm printed is not a usable kubelet.conf: ${why}`);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
