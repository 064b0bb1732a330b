/**
 * Why a start of K3s or RKE2 hangs or fails, as its log says it. `blocks`: a restart would fail or hang in the
 * same way. Texts are certagent's own: of the log they hold paths and addresses only.
 */
export type StartReason = { code: StartReasonCode; why: string; remedy: string; blocks: boolean; times: number };

type Rule = {
  says: RegExp;
  blocks: boolean;
  why: (match: RegExpExecArray, line: string) => string;
  remedy: (match: RegExpExecArray, line: string) => string;
};

const HOST = String.raw`([\w.:[\]-]{1,100})`;
/** Not the kernel's own: kube-proxy says "Failed to set sysctl: open /proc/sys/…: permission denied" in a container, and goes on. */
const FILE = String.raw`(/(?!proc/|sys/)[\w./-]{1,300})`;

/**
 * The first rule that fits a line counts. Measured: LISTENER_EXPIRED on v1.32.3, the others on v1.36.3 and the v1.21 line.
 * Codes are stable.
 */
const RULES = {
  LISTENER_EXPIRED: {
    says: /CA cert validation failed: .*https:\/\/127\.0\.0\.1:\d{1,5}\/cacerts.*certificate has expired/,
    blocks: false,
    why: () => 'it waits for its own listener, whose certificate has expired',
    remedy: () =>
      'Create the empty file server/tls/dynamic-cert-regenerate in its data directory and restart the unit: certagent does that in mode "renew" while the clock is trusted.',
  },
  OTHER_SERVER_EXPIRED: {
    says: new RegExp(`CA cert validation failed: .*https://${HOST}/cacerts.*certificate has expired`),
    blocks: true,
    why: ([, host]) => `it waits for the server ${host}, whose certificate has expired`,
    remedy: ([, host]) => `Renew the certificates of ${host} first.`,
  },
  SERVER_UNREACHABLE: {
    says: new RegExp(
      `Failed to validate connection to cluster at https://(?!127\\.0\\.0\\.1)${HOST}: .*(?:connection refused|no route to host|i/o timeout|deadline exceeded|no such host)`,
    ),
    blocks: false,
    why: ([, host]) => `it waits for the server ${host}, which does not answer`,
    remedy: ([, host]) => `Bring ${host} back; the start then goes on by itself.`,
  },
  CA_NEWER_THAN_DATASTORE: {
    says: /newer than datastore and could cause a cluster outage/,
    blocks: true,
    why: (_match, line) => `${filesIn(line)} differ from what its datastore holds and are newer`,
    remedy: (_match, line) =>
      `See who changed ${filesIn(line)}. To go on with the CA of the datastore, move them to a safe place outside of its data directory, then start the unit: it restores them. certagent never moves a CA.`,
  },
  BROKEN_CERTIFICATE: {
    says: /(?:\b(apiserver|scheduler|controller-manager) exited: .*)?(?:failed to find any PEM data in (?:certificate|key) input|data does not contain any valid RSA or ECDSA certificates)/,
    blocks: true,
    why: ([, component]) =>
      `${component === undefined ? 'it' : `its ${component}`} cannot read a certificate or a key as PEM`,
    remedy: () =>
      'certagent status names the file. Remove it and its key (never a CA), then restart the unit: the start issues them again.',
  },
  FILE_UNWRITABLE: {
    says: new RegExp(
      `(?:open|write|read) ${FILE}: (?:operation not permitted|permission denied|read-only file system|no space left on device|is a directory)`,
    ),
    blocks: true,
    why: ([, file]) => `it cannot write or read ${file}`,
    remedy: ([, file]) => `Make ${file} a file that root can write (lsattr shows whether it is immutable).`,
  },
  LEADER_LOST: {
    says: /leaderelection lost/,
    blocks: false,
    why: () => 'it ended itself because it lost its leader election',
    remedy: () => 'systemd starts it again; see whether the other servers and the datastore answer.',
  },
} as const satisfies Record<string, Rule>;

export type StartReasonCode = keyof typeof RULES;

/** What the log of one start (oldest line first) says last of why the start does not succeed; null: nothing known. */
export function startReason(log: readonly string[]): StartReason | null {
  const known = log.flatMap((line) => reasonIn(line) ?? []);
  const last = known.at(-1);
  if (last === undefined) return null;
  return { ...last, times: known.filter(({ code }) => code === last.code).length };
}

/** It says so every two seconds; one that is about to renew its listener can say it once. */
const HANGS_AFTER = 3;

/** Whether a start waits for its own expired listener, and goes on doing so. */
export function waitsForItself(reason: Pick<StartReason, 'code' | 'times'> | null): boolean {
  return reason?.code === 'LISTENER_EXPIRED' && reason.times >= HANGS_AFTER;
}

/** "its log says that … (CODE)", for a sentence. */
export function asItsLogSays({ why, code }: Pick<StartReason, 'why' | 'code'>): string {
  return `its log says: ${why} (${code})`;
}

function reasonIn(line: string): Omit<StartReason, 'times'> | null {
  for (const [code, { says, blocks, why, remedy }] of Object.entries(RULES) as [StartReasonCode, Rule][]) {
    const match = says.exec(line);
    if (match !== null) return { code, blocks, why: why(match, line), remedy: remedy(match, line) };
  }
  return null;
}

function filesIn(line: string): string {
  const files = line.match(/\/[\w./-]{1,300}\.(?:crt|key)\b/g) ?? [];
  return files.length === 0 ? 'CA files' : [...new Set(files)].slice(0, 12).join(', ');
}
