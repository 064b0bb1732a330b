import { isIP } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { type Access, serverOf } from './api/access.ts';
import { exchange, type Target } from './api/send.ts';

const LIMIT = 4_000;
/** A server that refuses to say is asked so often, with a pause: longer than one refuses that starts. */
const TIMES = 4;
const PAUSE = 1_500;

export type Ready = { ready: boolean; detail: string };

/**
 * Whether the API of a server is ready, as far as this node may know. One that does not accept our credentials (ours may have
 * expired) serves: it is not down, and whoever took it for that would stop a server beside one that works. But one that starts
 * refuses them as well, until it has read its roles (`isOfServer`). So it is asked without credentials, which most servers
 * answer, and again a moment later.
 */
export async function askReadyz(access: Access, host: string, port: number, signal?: AbortSignal): Promise<Ready> {
  const server = URL.parse(`https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`);
  if (server === null) return { ready: false, detail: 'it has no address' };
  const known = serverOf(access, server);
  const anonymous: Target = { ...known, client: null, token: null };
  for (let asked = 1; ; asked += 1) {
    const ready = (await ask(known, signal)) ?? (await ask(anonymous, signal));
    if (ready !== null) return ready;
    if (asked === TIMES || signal?.aborted === true) return { ready: true, detail: 'ready' };
    await setTimeout(PAUSE, undefined, { signal }).catch(() => {});
  }
}

/** null: it refuses to say (401, 403). */
async function ask(target: Target, signal: AbortSignal | undefined): Promise<Ready | null> {
  const answer = await exchange(target, { method: 'GET', path: '/readyz', limit: LIMIT, signal });
  if (!answer.ok) return { ready: false, detail: answer.problem.detail };
  const { status } = answer.value;
  if (status === 401 || status === 403) return null;
  if (status === 200) return { ready: true, detail: 'ready' };
  return { ready: false, detail: `${target.server.host} answers HTTP ${status} to /readyz` };
}
