import { CertagentError } from '../domain/model/errors.ts';
import { short } from '../domain/text/printable.ts';
import { parseYaml } from './yaml.ts';

/** A kubeconfig as far as certificates go. `certificate`, `ca` and `key` are PEM text; `key` and tokens stay in memory only. */
export type Kubeconfig = {
  clusters: { name: string; server: string | null; ca: string | null; caFile: string | null }[];
  users: KubeconfigUser[];
  contexts: { name: string; cluster: string; user: string }[];
  currentContext: string | null;
};

export type KubeconfigUser = {
  name: string;
  certificate: string | null;
  certificateFile: string | null;
  key: string | null;
  keyFile: string | null;
  /** token, tokenFile, username, exec or auth-provider: not a certificate user, or not only. */
  otherCredentials: boolean;
};

/** Throws CertagentError BAD_KUBECONFIG (or BAD_YAML), which never quotes the content. */
export function parseKubeconfig(text: string): Kubeconfig {
  const top = record(parseYaml(text));
  if (top === null || top.kind !== 'Config') throw bad('has no "kind: Config"');
  return {
    clusters: entries(top.clusters, 'clusters', 'cluster').map(({ name, body }) => ({
      name,
      server: string(body.server),
      ca: decode(body['certificate-authority-data'], name),
      caFile: string(body['certificate-authority']),
    })),
    users: entries(top.users, 'users', 'user').map(({ name, body }) => ({
      name,
      certificate: decode(body['client-certificate-data'], name),
      certificateFile: string(body['client-certificate']),
      key: decode(body['client-key-data'], name),
      keyFile: string(body['client-key']),
      otherCredentials: ['token', 'tokenFile', 'username', 'exec', 'auth-provider'].some(
        (key) => body[key] !== undefined,
      ),
    })),
    contexts: entries(top.contexts, 'contexts', 'context').map(({ name, body }) => ({
      name,
      cluster: string(body.cluster) ?? '',
      user: string(body.user) ?? '',
    })),
    currentContext: string(top['current-context']),
  };
}

/** Cluster and user of the current context, else of the only or first one; null when there is none. */
export function currentEntries(
  config: Kubeconfig,
): { cluster: Kubeconfig['clusters'][number]; user: KubeconfigUser } | null {
  const context = config.contexts.find(({ name }) => name === config.currentContext) ?? config.contexts[0];
  const cluster = config.clusters.find(({ name }) => name === context?.cluster);
  const user = config.users.find(({ name }) => name === context?.user);
  return cluster !== undefined && user !== undefined ? { cluster, user } : null;
}

function entries(list: unknown, key: string, bodyKey: string): { name: string; body: Record<string, unknown> }[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw bad(`has no list at "${key}"`);
  return list.map((item: unknown, index) => {
    const entry = record(item);
    if (typeof entry?.name !== 'string') throw bad(`has no name at "${key}[${index}]"`);
    return { name: entry.name, body: record(entry[bodyKey]) ?? {} };
  });
}

function decode(value: unknown, name: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  // One class and no repetition: what a user wrote must not make the expression go back and forth.
  if (typeof value !== 'string' || /[^A-Za-z0-9+/=\s]/.test(value))
    throw bad(`has data that is no base64 at entry "${short(name, 100)}"`);
  return Buffer.from(value, 'base64').toString('utf8');
}

const string = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function bad(what: string): CertagentError {
  return new CertagentError('BAD_KUBECONFIG', what);
}
