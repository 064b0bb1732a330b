import { request as httpRequest, type RequestOptions } from 'node:http';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { bareHost, proxyLogin } from './proxy.ts';

/** A proxy did not connect to where it was asked to. */
export class ProxyRefusal extends Error {}

export type Trust = { ca: string[] };

/**
 * What a request to `url` needs to go through the proxy, or directly where there is none. An https address goes through
 * CONNECT, so that the proxy sees neither the request nor the answer; the server proves who it is all the same. What
 * `signal` aborts is closed. Throws ProxyRefusal, or the error of the connection.
 */
export async function routeTo(
  url: URL,
  proxy: URL | null,
  { ca }: Trust,
  signal: AbortSignal,
): Promise<RequestOptions> {
  // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
  const trust = { ca, rejectUnauthorized: true };
  if (proxy === null) return { agent: false, ...trust };
  const atProxy = { hostname: bareHost(proxy), port: proxy.port === '' ? 80 : proxy.port, agent: false as const };
  if (url.protocol === 'http:') {
    const path = `${url.origin}${url.pathname}${url.search}`;
    return { ...atProxy, path, headers: { host: url.host, ...proxyLogin(proxy) } };
  }
  const socket = await tunnel(
    { ...atProxy, signal },
    proxyLogin(proxy),
    `${url.hostname}:${url.port === '' ? 443 : url.port}`,
  );
  signal.addEventListener('abort', () => socket.destroy(), { once: true });
  const host = bareHost(url);
  // Without "agent": an agent would connect by itself.
  const createConnection = () => connectTls({ socket, host, servername: nameOf(host), ...trust });
  return { createConnection, headers: { host: url.host } };
}

function tunnel(at: RequestOptions, login: Record<string, string>, target: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...at, method: 'CONNECT', path: target, headers: { host: target, ...login } });
    request.once('connect', (response, socket: Socket) => {
      if (response.statusCode === 200) return resolve(socket);
      socket.destroy();
      reject(new ProxyRefusal(`its proxy answered HTTP ${response.statusCode}`));
    });
    request.once('error', reject);
    request.end();
  });
}

/** An address is no server name in TLS (RFC 6066); it is compared all the same. */
const nameOf = (host: string): string => (/^[\d.]+$|:/.test(host) ? '' : host);
