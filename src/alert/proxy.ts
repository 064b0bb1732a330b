import { BlockList, isIP } from 'node:net';
import { SinkError } from './sink.ts';

/**
 * The proxy through which to reach `url`: the sink's own, else what HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment
 * say, as curl reads them; null: none. Throws SinkError, which does not quote the proxy's address: it can hold a password.
 */
export function proxyFor(sink: string, url: URL, configured: string | null): URL | null {
  const text = configured ?? fromEnvironment(url);
  if (text === null) return null;
  const proxy = URL.parse(text.trim());
  if (proxy?.protocol === 'http:' && proxy.hostname !== '') return proxy;
  const which = configured === null ? 'HTTPS_PROXY or HTTP_PROXY' : 'its proxy';
  throw new SinkError(sink, `${which} is not the address of an HTTP proxy: http://HOST:PORT`);
}

/** The header that the proxy asks for; empty where its address holds no password. */
export function proxyLogin({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` };
}

function fromEnvironment(url: URL): string | null {
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const value = variable(name);
  return value === '' || isExempt(url, variable('no_proxy')) ? null : value;
}

const variable = (name: string): string => process.env[name] ?? process.env[name.toUpperCase()] ?? '';

/** NO_PROXY: names, which mean their subdomains too, addresses, networks ("10.0.0.0/8"), each with a port or not, and "*". */
function isExempt(url: URL, list: string): boolean {
  const host = bareHost(url);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === '*') return true;
    const [, name = '', ofPort = port] = isIP(entry) === 6 ? ['', entry] : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? []);
    // "fd00::/8" has no port either.
    const [whole, itsPort] = entry.includes('/') ? [entry, port] : [name, ofPort];
    const bare = whole
      .replace(/^\*?\./, '')
      .replace(/^\[|\]$/g, '')
      .toLowerCase();
    if (bare === '' || itsPort !== port) return false;
    return host === bare || host.endsWith(`.${bare}`) || isInNetwork(host, bare);
  });
}

function isInNetwork(host: string, entry: string): boolean {
  const [, network = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  const [family, own] = [isIP(network), isIP(host)];
  if (family === 0 || family !== own || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), type);
  return list.check(host, type);
}

/** Without the brackets of an IPv6 address. */
export const bareHost = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '').toLowerCase();
