/**
 * A host name or an address as a certificate's SAN: "DNS:api.example.org", "IP:10.0.0.1", "IP:FD00:0:0:0:0:0:0:1" (as
 * node:crypto writes them). null: it is neither, and no certificate can have it.
 */
export function sanOf(host: string): string | null {
  const address = groupsOf(host);
  if (address !== null) return `IP:${written(address)}`;
  const name = host.toLowerCase().replace(/\.$/, '');
  return name.length <= 253 && NAME.test(name) && !ONLY_NUMBERS.test(name) ? `DNS:${name}` : null;
}

/** As kubeadm accepts them, with a wildcard as the first label. */
const NAME = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
/** An address that is not one: "10.0.0.300". */
const ONLY_NUMBERS = /^[0-9.]+$/;

/** The host of "host", "host:port", "[address]:port", or of an address alone. */
export function hostOf(endpoint: string): string {
  const [, inBrackets] = /^\[([^\]]*)\](?::\d*)?$/.exec(endpoint) ?? [];
  if (inBrackets !== undefined) return inBrackets;
  return groupsOf(endpoint) === null ? endpoint.replace(/:\d*$/, '') : endpoint;
}

/** Of "10.96.0.0/12" the first address that a service can have, "10.96.0.1"; null: it is not a range. */
export function firstOf(range: string): string | null {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(range) ?? [];
  const groups = groupsOf(address);
  if (groups === null || Number(length) > groups.length * bits(groups)) return null;
  const masked = groups.map((group, index) => {
    const kept = Math.min(bits(groups), Math.max(0, Number(length) - index * bits(groups)));
    return group & ~(2 ** (bits(groups) - kept) - 1);
  });
  return written([...masked.slice(0, -1), masked.at(-1)! | 1]);
}

/** Whether a client that asks for `san` accepts a certificate with these. */
export function covers(sans: readonly string[], san: string): boolean {
  const wanted = canonical(san);
  const [, domain] = /^DNS:[^.*]+\.(.+)$/.exec(wanted) ?? [];
  return sans.some((each) => {
    const has = canonical(each);
    return has === wanted || (domain !== undefined && has === `DNS:*.${domain}`);
  });
}

/** Whether one of these is the same name, in any writing. */
export function has(sans: readonly string[], san: string): boolean {
  return sans.some((each) => canonical(each) === canonical(san));
}

/** An address as people write it: "IP:fd00::1". */
export function shownSan(san: string): string {
  const groups = san.startsWith('IP:') ? groupsOf(san.slice(3)) : null;
  if (groups === null || groups.length === 4) return san;
  const hex = groups.map((group) => group.toString(16)).join(':');
  const [longest = ''] = (hex.match(/(?<![0-9a-f])0(:0)+(?![0-9a-f])/g) ?? []).sort((a, b) => b.length - a.length);
  if (longest === '') return `IP:${hex}`;
  const at = hex.search(new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`));
  return `IP:${hex.slice(0, at).replace(/:$/, '')}::${hex.slice(at + longest.length).replace(/^:/, '')}`;
}

/** `127.0.0.1`, `::1`: every machine's own. */
export const isLoopback = (san: string): boolean =>
  /^IP:127\./.test(san) || san === 'IP:0:0:0:0:0:0:0:1' || san === 'DNS:localhost';

/** `0.0.0.0`, `::`: no address at all. */
export const isUnspecified = (san: string): boolean => san === 'IP:0.0.0.0' || san === 'IP:0:0:0:0:0:0:0:0';

function canonical(san: string): string {
  const [, kind = '', value = ''] = /^(DNS|IP):(.*)$/s.exec(san) ?? [];
  return kind === '' ? san : (sanOf(value) ?? san);
}

const bits = (groups: number[]): number => (groups.length === 4 ? 8 : 16);

const written = (groups: number[]): string =>
  groups.length === 4 ? groups.join('.') : groups.map((group) => group.toString(16).toUpperCase()).join(':');

/** Four numbers of an IPv4 address, eight of an IPv6 address; null for anything else. */
function groupsOf(text: string): number[] | null {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) {
    const numbers = text.split('.').map(Number);
    return numbers.every((number) => number < 256) ? numbers : null;
  }
  if (!/^[0-9a-f:]*:[0-9a-f:]*$/i.test(text) || /:::|::.*::/.test(text)) return null;
  const [head, tail] = text.split('::') as [string, string?];
  const before = split(head);
  const after = tail === undefined ? [] : split(tail);
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const all = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  return all.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) ? all.map((group) => Number.parseInt(group, 16)) : null;
}

const split = (text: string): string[] => (text === '' ? [] : text.split(':'));
