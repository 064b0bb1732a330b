import { apart, type Bucket, cumulativeOf } from '../../domain/plan/expiration-buckets.ts';
import { hostAndPort } from '../../domain/text/host-and-port.ts';
import { readSmall } from '../../host/files.ts';
import { currentEntries, parseKubeconfig } from '../../host/kubeconfig.ts';
import { readKey, readLeaf } from '../../host/leaf.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';
import { type TrustedAnswer, type TrustedRequest, trustedRequest } from '../../host/trusted-request.ts';

/** An API server, and as whom it is asked. In memory only. */
export type ApiAccess = Pick<TrustedRequest, 'ca' | 'client'> & { url: string };

/**
 * With the CA and the credentials that a kubeconfig has now; `at` null: at the address that it has. Throws what reading it throws.
 */
export async function apiAccess(
  root: Root,
  path: string,
  at: { host: string; port: number } | null,
): Promise<ApiAccess> {
  const read = async (file: string) => (await readSmall(await followLinks(root, file))).bytes;
  const cluster = currentEntries(parseKubeconfig(await read(path)))?.cluster;
  const ca = cluster?.ca ?? (cluster?.caFile ? (await read(cluster.caFile)).toString('utf8') : null);
  if (ca === null) throw new Error('the kubeconfig names no CA');
  const url = at === null ? cluster?.server : `https://${hostAndPort(at.host, at.port)}`;
  if (!url) throw new Error('the kubeconfig names no server');
  return {
    url: url.replace(/\/+$/, ''),
    ca,
    client: { certificate: (await readLeaf(root, path)).pem, key: await readKey(root, path) },
  };
}

const LIMIT = 10_000;

export function ask(
  { url, ...access }: ApiAccess,
  path: string,
  keep?: TrustedRequest['keep'],
): Promise<TrustedAnswer> {
  return trustedRequest({ ...access, url: `${url}${path}`, limit: LIMIT, ...(keep === undefined ? {} : { keep }) });
}

/**
 * How many requests with client certificates the API server has seen since its start, by how long these were still valid; or why that
 * cannot be read.
 */
export async function clientCounts(access: ApiAccess): Promise<Bucket[] | string> {
  const answer = await ask(access, '/metrics', (line) => cumulativeOf(line) !== null);
  if (answer.status !== 200)
    return `/metrics answers ${answer.status === null ? answer.problem : `HTTP ${answer.status}`}`;
  const buckets = apart(answer.text.split('\n').flatMap((line) => cumulativeOf(line) ?? []));
  return buckets.length === 0 ? '/metrics does not count client certificates' : buckets;
}
