import { short } from '../text/printable.ts';

/** More than anybody watches from one machine. */
const MOST = 10_000;

/**
 * A host as ssh understands it: a name, an alias of ~/.ssh/config, an address, perhaps with a user. It never begins with a
 * hyphen, which ssh would take for an option, and holds nothing that a shell or a terminal takes for more than a name.
 */
const HOST = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,63}@)?[A-Za-z0-9_:][A-Za-z0-9._:%-]{0,254}$/;

export type HostList = { hosts: string[] } | { line: number; problem: string };

/** The hosts of a file: one a line, each once; "#" begins a comment. Or what is wrong with its first bad line. */
export function parseHosts(text: string): HostList {
  const hosts = new Set<string>();
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    const host = line.replace(/(^|\s)#.*$/, '').trim();
    if (host === '') continue;
    if (!HOST.test(host)) return { line: index + 1, problem: `"${short(host, 60)}" is not the name of a host` };
    if (hosts.size >= MOST && !hosts.has(host))
      return { line: index + 1, problem: `there are more than ${MOST} hosts` };
    hosts.add(host);
  }
  return { hosts: [...hosts] };
}
