import { dirname, resolve } from 'node:path';
import { CertagentError } from '../../domain/model/errors.ts';
import { readSmall } from '../../host/files.ts';
import { currentEntries, type KubeconfigCluster, type KubeconfigUser, parseKubeconfig } from '../../host/kubeconfig.ts';
import { followLinks } from '../../host/links.ts';
import { statRegular } from '../../host/read-stamped.ts';
import type { Root } from '../../host/root.ts';
import type { ClientCredentials } from '../../host/tls.ts';
import { type ApiResult, problem } from './result.ts';
import type { Target } from './send.ts';

/** How the API is reached, and as whom. In memory only, and never in a message. */
export type Access = {
  server: URL;
  /** PEM of the CAs that sign the API servers' certificates. */
  ca: string;
  /** The name that the certificate must have instead of the address (`tls-server-name`). */
  serverName: string | null;
  client: ClientCredentials | null;
  token: string | null;
};

/** Every API server's certificate has this name, whatever its addresses are. */
const OF_EVERY_SERVER = 'kubernetes.default.svc';

/**
 * A server of the cluster. The address of a peer comes from an object of the API, and a kubelet's serving certificate of the
 * same CA has the address of its node: credentials are sent to a peer only where it proves to be an API server.
 */
export function serverOf(access: Access, server: URL): Target {
  const { ca, client, token, serverName } = access;
  const isOwn = server.host === access.server.host;
  const own = serverName ?? server.hostname.replace(/^\[|\]$/g, '');
  return { server, ca, client, token, names: isOwn ? [own, OF_EVERY_SERVER] : [OF_EVERY_SERVER] };
}

/** Gives the access as the kubeconfig says it now: it is read again when the file has changed, as a renewal changes it. */
export type AccessReader = () => Promise<ApiResult<Access>>;

/** `path`: the node's own path of a kubeconfig. */
export function makeAccessReader(root: Root, path: string): AccessReader {
  let known: { stamp: string; access: Access } | null = null;
  return async () => {
    try {
      const { stamp } = await statRegular(await followLinks(root, path), false);
      if (known?.stamp !== stamp) known = { stamp, access: await readAccess(root, path) };
      return { ok: true, value: known.access };
    } catch (error) {
      known = null;
      return { ok: false, problem: problem('credentials', `${path} ${why(error)}`) };
    }
  };
}

async function readAccess(root: Root, path: string): Promise<Access> {
  const { bytes } = await readSmall(await followLinks(root, path));
  const entries = currentEntries(parseKubeconfig(bytes));
  if (entries === null) throw new Unusable('has no current context with a cluster and a user');
  const { cluster, user } = entries;
  const read = async (file: string) => {
    const at = resolve(dirname(path), file);
    return (await readSmall(await followLinks(root, at))).bytes.toString('utf8');
  };
  const client = await clientOf(user, read);
  const token = user.token ?? (user.tokenFile === null ? null : (await read(user.tokenFile)).trim());
  if (client === null && token === null) throw new Unusable('holds neither a client certificate nor a token');
  if (token !== null && !/^[\x21-\x7e]+$/.test(token)) throw new Unusable('holds a token that is not one line of text');
  return { ...(await clusterOf(cluster, read)), client, token };
}

type Read = (file: string) => Promise<string>;

/** Without a CA nothing is asked: `insecure-skip-tls-verify` would send the credentials to whoever answers. */
async function clusterOf({ server, serverName, ca, caFile }: KubeconfigCluster, read: Read) {
  const url = URL.parse(server ?? '');
  if (url?.protocol !== 'https:') throw new Unusable('names no server with an https address');
  const authorities = ca ?? (caFile === null ? null : await read(caFile));
  if (authorities === null) throw new Unusable('holds no CA for its server');
  return { server: url, serverName, ca: authorities };
}

async function clientOf(user: KubeconfigUser, read: Read): Promise<ClientCredentials | null> {
  const certificate = user.certificate ?? (user.certificateFile === null ? null : await read(user.certificateFile));
  const key = user.key ?? (user.keyFile === null ? null : await read(user.keyFile));
  return certificate === null || key === null ? null : { certificate, key };
}

class Unusable extends Error {}

/** Errors of the parser and of the file system can quote what they read, or name other files: the code is enough. */
function why(error: unknown): string {
  if (error instanceof Unusable) return error.message;
  if (error instanceof CertagentError) return `cannot be used (${error.code})`;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? `cannot be read (${code})` : 'cannot be read';
}
