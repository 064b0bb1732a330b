import { DAY } from '../time/duration.ts';
import { minorOf } from './kubernetes-version.ts';
import type { Distribution, Role } from './names.ts';
import { restartWindow } from './restart-window.ts';

/**
 * Since when the servers of K3s and RKE2 keep no certificates of kube-proxy and of their own controller in `server/tls`: the
 * ones in use are the agent's (k3s pkg/daemons/control/deps). Older servers keep the files for some versions more, and no
 * restart renews them.
 */
const PROXY_LEAVES_UNTIL: Record<number, number> = { 30: 9, 31: 5, 32: 1 };

/** Whether a server of this version renews the certificates of kube-proxy and its controller; null: nobody knows. */
export function keepsProxyLeaves(version: string | null): boolean | null {
  const [minor, patch] = (/^v1\.(\d+)\.(\d+)/.exec(version ?? '') ?? []).slice(1).map(Number);
  if (minor === undefined || patch === undefined) return null;
  return minor <= 32 && patch < (PROXY_LEAVES_UNTIL[minor] ?? Number.POSITIVE_INFINITY);
}

/** Whether a server of this version makes and renews what kube-scheduler and kube-controller-manager serve. */
export function makesServingLeaves(version: string | null): boolean {
  // Both came with the same releases (read: k3s v1.33.1, v1.32.5, v1.31.9, v1.30.13).
  return restartWindow(version) > 90 * DAY;
}

/** The file in `server/tls` by which a start issues the listener's certificate again. */
export const LISTENER_TRIGGER = 'dynamic-cert-regenerate';

/** Ids of what every version has in `server/tls`; others are of K3s or RKE2 alone, or came with a version. */
export const LEAVES_OF_EVERY_VERSION = [
  'client-admin',
  'client-auth-proxy',
  'client-controller',
  'client-kube-apiserver',
  'client-scheduler',
  'serving-kube-apiserver',
];
const LEAVES_OF_ETCD = ['etcd/client', 'etcd/peer-server-client', 'etcd/server-client'];

/**
 * Ids of the leaves that a start of a server of this version issues again where they are missing (measured on K3s v1.36.3 and
 * v1.32.3). None where nobody knows.
 */
export function leavesMadeAtStart(distribution: Distribution, version: string | null): string[] {
  const minor = minorOf(version);
  if (minor === null) return [];
  return [
    ...LEAVES_OF_EVERY_VERSION,
    ...LEAVES_OF_ETCD,
    `client-${distribution}-cloud-controller`,
    ...(keepsProxyLeaves(version) === true ? ['client-kube-proxy', `client-${distribution}-controller`] : []),
    ...(minor >= 32 ? ['client-supervisor'] : []),
    ...(makesServingLeaves(version)
      ? ['kube-controller-manager/kube-controller-manager', 'kube-scheduler/kube-scheduler']
      : []),
  ];
}

/** Whether a start takes missing CA files from the datastore, so that it makes new ones only where that holds none. */
export function restoresAuthorities(version: string | null): boolean {
  const [minor, patch] = (/^v1\.(\d+)\.(\d+)/.exec(version ?? '') ?? []).slice(1).map(Number);
  if (minor === undefined || patch === undefined) return false;
  return minor > 22 || (minor === 22 && patch >= 3);
}

/** Whether this version has `certificate rotate`, and honours the file that it leaves for its listener (read: since v1.22.5). */
export function canRotate(version: string | null): boolean {
  return Number(/^v1\.(\d+)\./.exec(version ?? '')?.[1] ?? 0) >= 23;
}

/** The roles of K3s and RKE2, which are the words of their command line, too. */
export const SUPERVISOR_ROLES = ['server', 'agent'] as const;
export type SupervisorRole = (typeof SUPERVISOR_ROLES)[number];

export const isServerRole = (role: Role): boolean => role === 'server';

/** What a unit runs; `argv` begins with the program. */
export function supervisorRole(argv: string[], unit: string): SupervisorRole {
  const command = SUPERVISOR_ROLES.find((role) => argv.slice(1).includes(role));
  return command ?? (unit.endsWith('-agent') ? 'agent' : 'server');
}
