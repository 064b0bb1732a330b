import { isIP } from 'node:net';
import type { Access } from './api/access.ts';
import { serverOf } from './api/access.ts';
import { exchange } from './api/send.ts';

const LIMIT = 4_000;

export type Ready = { ready: boolean; detail: string };

/**
 * Whether the API of a server is ready, as far as this node may know. One that does not accept our credentials (ours may have
 * expired) serves: it is not down, and whoever took it for that would stop a server beside one that works.
 */
export async function askReadyz(access: Access, host: string, port: number, signal?: AbortSignal): Promise<Ready> {
  const server = URL.parse(`https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`);
  if (server === null) return { ready: false, detail: 'it has no address' };
  const answer = await exchange(serverOf(access, server), { method: 'GET', path: '/readyz', limit: LIMIT, signal });
  if (!answer.ok) return { ready: false, detail: answer.problem.detail };
  const { status } = answer.value;
  const serves = status === 200 || status === 401 || status === 403;
  return { ready: serves, detail: serves ? 'ready' : `${server.host} answers HTTP ${status} to /readyz` };
}
