/**
 * What a sandboxed program may touch. Every path is absolute; `from` is on this machine, `to` is where the program sees it.
 * Each `to` must exist: systemd would create a missing mount point on the node itself.
 */
export type Sandbox = {
  /** Of the transient unit, without ".service". */
  unit: string;
  /** `none`: a loopback of its own. `node`: the node's, over IP alone. */
  network: 'none' | 'node';
  writable: { from: string; to: string }[];
  readable: { from: string; to: string }[];
  /** Directories that it sees empty; what it writes there stays in memory and is lost. */
  empty: string[];
  /** Paths that it cannot open: sockets of the node, among others. */
  hidden: string[];
  /** Milliseconds after which everything in it is killed. */
  limit: number;
  /** Bytes of memory that all of it may use. */
  memory: number;
};

/** Systems older than 248 do not know all of these: systemd-run then refuses, and nothing runs with fewer. */
export const OLDEST_SYSTEMD = 248;

/** What every sandbox has. Each capability has its reason below. */
const ALWAYS = [
  // Nothing of its mounts reaches the node, nothing of the node's later mounts reaches it.
  'PrivateMounts=yes',
  'MountFlags=private',
  'ProtectSystem=strict',
  'ProtectHome=tmpfs',
  'PrivateDevices=yes',
  'PrivateIPC=yes',
  'ProtectHostname=yes',
  'ProtectClock=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'ProtectProc=invisible',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'NoNewPrivileges=yes',
  'KeyringMode=private',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallErrorNumber=EPERM',
  'LimitCORE=0',
  'UMask=0077',
  'TasksMax=1024',
  // The node's own work comes first.
  'Nice=10',
  'OOMPolicy=continue',
  'OOMScoreAdjust=900',
  'MemorySwapMax=0',
  // Whatever it has started ends with it, at once.
  'KillMode=control-group',
  'KillSignal=SIGKILL',
  'TimeoutStopSec=5s',
];

/**
 * Files of other owners (DAC_OVERRIDE), files that get an owner or a mode (CHOWN, FOWNER), and in a network of its own the node's
 * addresses on its loopback (NET_ADMIN) and ports below 1024.
 */
const CAPABILITIES = { node: 'CAP_DAC_OVERRIDE CAP_CHOWN CAP_FOWNER', none: 'CAP_NET_ADMIN CAP_NET_BIND_SERVICE' };

/** systemd 257 and later. On older ones the program inside is started with util-linux's unshare. */
export const OWN_PROCESSES = 'PrivatePIDs=yes';
/** What unshare needs for that, until it gives it up. */
const UNSHARES = ['CAP_SYS_ADMIN', 'CAP_SETPCAP'];

/** The properties of the unit, as systemd-run takes them. `olderSystemd`: without `OWN_PROCESSES`. */
export function propertiesOf(sandbox: Sandbox, olderSystemd: boolean): string[] {
  const { network, writable, readable, empty, hidden, limit, memory } = sandbox;
  const isAlone = network === 'none';
  const capabilities = [CAPABILITIES.node, ...(isAlone ? [CAPABILITIES.none] : []), ...(olderSystemd ? UNSHARES : [])];
  return [
    ...ALWAYS,
    // The node's /proc, then: nothing in it may be written.
    ...(olderSystemd ? ['RestrictNamespaces=pid', 'ReadOnlyPaths=/proc'] : ['RestrictNamespaces=yes', OWN_PROCESSES]),
    ...(isAlone ? ['PrivateNetwork=yes'] : []),
    // Without AF_UNIX no socket of the node can be reached that has no path.
    `RestrictAddressFamilies=${isAlone ? 'AF_UNIX ' : ''}AF_INET AF_INET6 AF_NETLINK`,
    `CapabilityBoundingSet=${capabilities.join(' ')}`,
    `MemoryMax=${memory}`,
    `RuntimeMaxSec=${Math.ceil(limit / 1_000)}s`,
    ...writable.map(({ from, to }) => `BindPaths=${from}:${to}`),
    ...readable.map(({ from, to }) => `BindReadOnlyPaths=${from}:${to}`),
    // The node's own shared memory, which PrivateDevices leaves in place.
    'TemporaryFileSystem=/dev/shm:size=64M,mode=1777',
    'InaccessiblePaths=-/dev/hugepages',
    ...empty.map((path) => `TemporaryFileSystem=${path}:size=64M,mode=0755`),
    ...hidden.map((path) => `InaccessiblePaths=-${path}`),
  ];
}

/** In a property some characters have a meaning of their own. */
export function isPlainPath(path: string): boolean {
  return /^\/[\w@.+,/=-]*$/.test(path) && !path.includes('/../');
}
