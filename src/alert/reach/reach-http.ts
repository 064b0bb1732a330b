import { connect } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { HeartbeatSettings } from '../../config/sinks/heartbeat-keys.ts';
import type { WebhookSink } from '../../config/sinks/webhook-keys.ts';
import type { Root } from '../../host/root.ts';
import { addressOf } from '../address.ts';
import { bareHost, proxyFor } from '../proxy.ts';
import { routeTo } from '../route.ts';
import { authoritiesFor } from '../trusted-cas.ts';
import { LIMIT, unreached } from '../unreached.ts';
import { readWebhook } from '../webhook-files.ts';

/** Its secrets can be read, and its server answers; nothing is asked of it. */
export async function reachWebhook(settings: WebhookSink, name: string, root: Root): Promise<string> {
  const { url, ca, proxy } = await readWebhook(settings, name, root);
  return reach(url, { sink: name, ca, proxy });
}

export async function reachHeartbeat(settings: HeartbeatSettings, name: string, root: Root): Promise<string> {
  const url = await addressOf(root, name, settings);
  return reach(url, { sink: name, ca: await authoritiesFor(root, name, settings.ca_file), proxy: null });
}

/** A request could set something off, so only the connection is made: TCP, and TLS with the certificate that is expected. */
async function reach(
  url: URL,
  { sink, ca, proxy: configured }: { sink: string; ca: string[]; proxy: string | null },
): Promise<string> {
  const proxy = proxyFor(sink, url, configured);
  const limit = AbortSignal.timeout(LIMIT);
  try {
    if (proxy !== null && url.protocol === 'https:') {
      const { createConnection } = await routeTo(url, proxy, { ca }, limit);
      await opened((createConnection as () => TLSSocket)(), 'secureConnect', limit);
      return `${url.origin} answers over TLS, through its proxy`;
    }
    const at = proxy ?? url;
    const isTls = at.protocol === 'https:';
    const host = bareHost(at);
    const port = Number(at.port === '' ? (isTls ? 443 : 80) : at.port);
    if (!isTls) await opened(connect({ host, port }), 'connect', limit);
    else
      await opened(connectTls({ host, port, ca, rejectUnauthorized: true, ...nameOf(host) }), 'secureConnect', limit);
    return proxy === null ? `${url.origin} answers${isTls ? ' over TLS' : ''}` : `the proxy to ${url.origin} answers`;
  } catch (error) {
    throw unreached(sink, url, error, limit);
  }
}

/** An address is no server name in TLS (RFC 6066). */
const nameOf = (host: string) => (/^[\d.]+$|:/.test(host) ? {} : { servername: host });

function opened(
  socket: ReturnType<typeof connect>,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => socket.destroy();
    signal.addEventListener('abort', () => socket.destroy(new Error('too late')), { once: true });
    socket.once(event, () => {
      resolve();
      end();
    });
    socket.once('error', (error) => {
      reject(error);
      end();
    });
  });
}
