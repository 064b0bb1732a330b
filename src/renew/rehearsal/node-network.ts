import { readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** More addresses than any server needs: a node with many services in its kernel has thousands. */
const MOST = 32;

/** The node's addresses, as `ip address add` takes them, those of the default route's interface first: K3s takes the first. */
export function nodeAddresses(): string[] {
  const first = defaultInterface(routes());
  const found = Object.entries(networkInterfaces()).map(([name, all]) => ({ name, all: (all ?? []).filter(isReal) }));
  const ordered = [...found.filter(({ name }) => name === first), ...found.filter(({ name }) => name !== first)];
  return ordered
    .flatMap(({ all }) => all.map(({ address, family }) => `${address}/${family === 'IPv4' ? 32 : 128}`))
    .slice(0, MOST);
}

/** Link-local addresses belong to their interface. */
const isReal = ({ internal, address }: NetworkInterfaceInfo): boolean => !internal && !/^fe[89ab]/i.test(address);

function routes(): string {
  try {
    return readFileSync('/proc/net/route', 'utf8');
  } catch {
    return '';
  }
}

/** The interface of the first default route in /proc/net/route. */
export function defaultInterface(table: string): string | null {
  const rows = table.split('\n').map((line) => line.split(/\s+/));
  return rows.find(([, destination, , , , , , mask]) => destination === '00000000' && mask === '00000000')?.[0] ?? null;
}

/** Paths of sockets that processes of the node listen on. The abstract ones are out of reach of a sandbox with a network of its own. */
export function socketPaths(): string[] {
  let table = '';
  try {
    table = readFileSync('/proc/net/unix', 'utf8');
  } catch {
    return [];
  }
  const paths = table.split('\n').flatMap((line) => /\s(\/\S.*)$/.exec(line)?.[1] ?? []);
  return [...new Set(paths)].sort();
}
