import { CertagentError } from '../domain/model/errors.ts';
import { short } from '../domain/text/printable.ts';
import { decodeBase64 } from './base64.ts';
import { parseGoYaml } from './go-yaml.ts';
import { checkTypes, isRecord } from './kubeconfig-types.ts';

/** A kubeconfig as far as certificates go. `certificate`, `ca` and `key` are PEM text; `key` and tokens stay in memory only. */
export type Kubeconfig = {
  clusters: KubeconfigCluster[];
  users: KubeconfigUser[];
  contexts: { name: string; cluster: string; user: string }[];
  currentContext: string | null;
};

export type KubeconfigCluster = {
  name: string;
  server: string | null;
  /** `tls-server-name`: the name that the server's certificate must have, instead of the address. */
  serverName: string | null;
  ca: string | null;
  caFile: string | null;
};

export type KubeconfigUser = {
  name: string;
  certificate: string | null;
  certificateFile: string | null;
  key: string | null;
  keyFile: string | null;
  token: string | null;
  tokenFile: string | null;
  /** token, tokenFile, username, password, exec or auth-provider: the first that is there. */
  otherCredential: string | null;
};

/**
 * Reads a kubeconfig as kubectl and every other Go program does (client-go's `clientcmd.Load`), and refuses what these
 * refuse. Throws CertagentError BAD_KUBECONFIG or BAD_YAML, which never quote the content.
 */
export function parseKubeconfig(input: string | Uint8Array): Kubeconfig {
  return kubeconfigOf(parseGoYaml(typeof input === 'string' ? input : yamlText(input)));
}

/**
 * As `parseKubeconfig`; null when the content is valid YAML of something else: it has another kind, or none and not one
 * of a kubeconfig's keys.
 */
export function parseIfKubeconfig(input: Uint8Array): Kubeconfig | null {
  const data = parseGoYaml(yamlText(input));
  if (!isRecord(data)) return null;
  const kind = typeField(data, 'kind');
  const isConfig = kind !== '' ? kind === 'Config' : KEYS.some((key) => Object.hasOwn(data, key));
  return isConfig ? kubeconfigOf(data) : null;
}

const KEYS = ['clusters', 'users', 'contexts', 'current-context'];

/** The plain data of a kubeconfig (see go-yaml.ts), checked. */
function kubeconfigOf(data: unknown): Kubeconfig {
  const top = data ?? {};
  checkTypes(top, '');
  if (!isRecord(top)) throw bad('is not a mapping');
  if (!['', 'Config'].includes(typeField(top, 'kind'))) throw bad('has another kind than "kind: Config"');
  if (!API_VERSIONS.includes(typeField(top, 'apiVersion'))) throw bad('has another apiVersion than v1');
  return {
    clusters: entries(top.clusters, 'cluster').map(({ name, body }) => ({
      name,
      server: string(body.server),
      serverName: string(body['tls-server-name']),
      ca: decoded(body['certificate-authority-data']),
      caFile: string(body['certificate-authority']),
    })),
    users: entries(top.users, 'user').map(({ name, body }) => ({
      name,
      certificate: decoded(body['client-certificate-data']),
      certificateFile: string(body['client-certificate']),
      key: decoded(body['client-key-data']),
      keyFile: string(body['client-key']),
      token: string(body.token),
      tokenFile: string(body.tokenFile),
      otherCredential: OTHER_CREDENTIALS.find((key) => (body[key] ?? '') !== '') ?? null,
    })),
    contexts: entries(top.contexts, 'context').map(({ name, body }) => ({
      name,
      cluster: string(body.cluster) ?? '',
      user: string(body.user) ?? '',
    })),
    currentContext: string(top['current-context']),
  };
}

/** What kind of object it is, is looked up with Go's encoding/json, where "Kind" is as good as "kind", and the last one counts. */
function typeField(top: Record<string, unknown>, name: string): string {
  const keys = Object.keys(top).filter((key) => key.toLowerCase() === name.toLowerCase() && top[key] !== null);
  const value = top[keys.sort().at(-1) ?? name] ?? '';
  if (typeof value !== 'string') throw bad(`does not have text at ${name}`);
  return value;
}

const API_VERSIONS = ['', 'v1', '/', '/v1'];
const OTHER_CREDENTIALS = ['token', 'tokenFile', 'username', 'password', 'exec', 'auth-provider'];

/** Cluster and user of the current context; null when one of them is missing. */
export function currentEntries(config: Kubeconfig): { cluster: KubeconfigCluster; user: KubeconfigUser } | null {
  const context = config.contexts.find(({ name }) => name === config.currentContext);
  const cluster = config.clusters.find(({ name }) => name === context?.cluster);
  const user = config.users.find(({ name }) => name === context?.user);
  return cluster !== undefined && user !== undefined ? { cluster, user } : null;
}

/**
 * Why client-go does not use a kubeconfig that it can read (`ClientConfig`), as far as the file itself shows that; null
 * when it does. Without a current context a file is of use to those who name a context.
 */
export function whyUnusable(config: Kubeconfig): string | null {
  const { currentContext, contexts } = config;
  if (currentContext === null) return null;
  if (!contexts.some(({ name }) => name === currentContext))
    return `has the current context "${shown(currentContext)}", which it does not define`;
  const current = currentEntries(config);
  if (current === null) return `has no user or no cluster for its current context "${shown(currentContext)}"`;
  const { cluster, user } = current;
  if (cluster.server === null) return `has no server for cluster "${shown(cluster.name)}"`;
  const twice =
    (cluster.ca !== null && cluster.caFile !== null && `certificate-authority of cluster "${shown(cluster.name)}"`) ||
    (user.certificate !== null &&
      user.certificateFile !== null &&
      `client-certificate of user "${shown(user.name)}"`) ||
    (user.key !== null && user.keyFile !== null && `client-key of user "${shown(user.name)}"`);
  return twice ? `has both data and a file as ${twice}` : null;
}

const shown = (name: string): string => short(name, 100);

/** Of a file's bytes: UTF-8, or UTF-16 with a byte order mark, both without a wrong byte. */
function yamlText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw bad('is not UTF-8 text');
  }
}

/** null entries and missing names are empty ones. */
function entries(list: unknown, bodyKey: string): { name: string; body: Record<string, unknown> }[] {
  return ((list ?? []) as (Record<string, unknown> | null)[]).map((entry) => ({
    name: string(entry?.name) ?? '',
    body: (entry?.[bodyKey] ?? {}) as Record<string, unknown>,
  }));
}

/** base64, or the numbers of its bytes. */
function decoded(value: unknown): string | null {
  const bytes = Array.isArray(value) ? Buffer.from(value) : decodeBase64(String(value ?? ''));
  return bytes === null || bytes.length === 0 ? null : bytes.toString('utf8');
}

const string = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

function bad(what: string): CertagentError {
  return new CertagentError('BAD_KUBECONFIG', what);
}
