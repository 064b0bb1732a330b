import { readlinkSync, statSync } from 'node:fs';
import { type Root, STATE_DIR } from '../../host/root.ts';
import type { Sandbox } from '../../host/sandbox.ts';
import type { Confinement } from './inside/request.ts';
import { socketPaths } from './node-network.ts';

/** Seen empty: sockets and state of the node's services, temporary files, and certagent's own backups. */
const EMPTY = ['/run', '/tmp', '/var/tmp', STATE_DIR];
/** Made empty by the properties of every sandbox. */
const OF_PROPERTIES = ['/dev/shm', '/home', '/root', '/run/user'];
/** The kubelet's directory: sockets of plugins, and volumes of pods with more of them. No tool that is rehearsed reads it. */
const HIDDEN = ['/var/lib/kubelet'];

export type Wanted = Pick<Sandbox, 'unit' | 'network' | 'writable' | 'readable' | 'memory' | 'limit'> & {
  /** More directories that are seen empty. */
  empty?: string[];
};

/** The sandbox, and what its helper checks before it starts anything; null under a root prefix. */
export function confine(root: Root, wanted: Wanted): { sandbox: Sandbox; confinement: Confinement | null } {
  const empty = [...EMPTY, ...(wanted.empty ?? [])];
  const covered = [...empty, ...HIDDEN, '/home', '/root', ...wanted.writable.map(({ to }) => to)];
  const isCovered = (path: string) => covered.some((each) => path === each || path.startsWith(`${each}/`));
  const sockets = root.isMachine && wanted.network === 'none' ? socketPaths().filter((path) => !isCovered(path)) : [];
  const sandbox: Sandbox = { ...wanted, empty, hidden: [...HIDDEN, ...sockets.filter(exists)] };
  return { sandbox, confinement: root.isMachine ? confinementOf(wanted, empty) : null };
}

function confinementOf({ network, writable }: Wanted, empty: string[]): Confinement {
  const copies = writable.map(({ from, to }) => {
    const { dev, ino } = statSync(from);
    return { path: to, device: dev, inode: ino };
  });
  return { network, nodeNetwork: readlinkSync('/proc/self/ns/net'), copies, lost: [...empty, ...OF_PROPERTIES] };
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;
