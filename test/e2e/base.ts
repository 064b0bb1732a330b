// The Debian a machine is copied from: made once by debootstrap and kept in a cache outside of the repository.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildTools } from '../build/support.ts';
import { command } from '../testnode/support.ts';
import { makeCgroup, removeCgroup } from './cgroup.ts';

/** bookworm has systemd 252 (Type=notify), trixie 257 (Type=notify-reload). */
export type Release = 'bookworm' | 'trixie';

/**
 * What certagent's node needs besides Debian's essential packages: systemd as the first process, and D-Bus to ask it. And
 * what of Kubernetes Debian has: kubectl for the users (v1.20 and v1.32), and an etcd (3.5) that has /livez.
 */
const COMMON = ['dbus', 'systemd', 'systemd-sysv'];
const PACKAGES: Record<Release, string[]> = {
  bookworm: [...COMMON, 'kubernetes-client'],
  trixie: [...COMMON, 'kubectl', 'etcd-server'],
};

const NEEDED = ['systemd-nspawn', 'debootstrap', 'nsenter', 'unshare', 'setpriv', 'flock', 'dpkg-deb', 'openssl'];

/** Why no machine can be booted here, for the test runner to show; false when one can. */
export async function reasonToSkip(): Promise<string | false> {
  if (process.getuid?.() !== 0 || !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'utf8')))
    return 'booting a machine wants root';
  const lacking: string[] = [];
  for (const name of NEEDED) {
    if ((await command('sh', ['-c', `command -v ${name}`])).code !== 0) lacking.push(name);
  }
  if (lacking.length > 0) return `booting a machine wants ${lacking.join(', ')}`;
  // A container may have a root that may do neither.
  const allowed = await command('unshare', [
    '--mount',
    '--pid',
    '--net',
    '--fork',
    'mount',
    '-t',
    'tmpfs',
    'none',
    '/mnt',
  ]);
  if (allowed.code !== 0) return `booting a machine wants to mount and to make namespaces: ${allowed.stderr.trim()}`;
  try {
    removeCgroup(makeCgroup(`certagent-e2e-${process.pid}-try`));
  } catch (error) {
    return `booting a machine wants a control group: ${error}`;
  }
  return process.env.CERTAGENT_DEB === undefined && buildTools();
}

/** Directory of the release's base system with these packages too, made now where the cache has none of this list of packages. */
export async function baseOf(release: Release, more: readonly string[] = []): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? '/var/tmp', 'certagent-e2e');
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const packages = [...PACKAGES[release], ...more].join();
  const key = createHash('sha256').update(packages).digest('hex').slice(0, 12);
  const base = join(cache, `${release}-${key}`);
  if (existsSync(base)) return base;
  // Test files run side by side: one makes it, the other waits. The rest of an interrupted one is removed first.
  const steps = [
    `test ! -d "$1" || exit 0`,
    `rm -rf --one-file-system "$1.partial"`,
    `debootstrap --variant=minbase --include=${packages} ${release} "$1.partial" >"$1.log" 2>&1 || { tail -n 20 "$1.log" >&2; exit 1; }`,
    `rm -rf "$1.partial/var/cache/apt/archives" && mkdir -p "$1.partial/var/cache/apt/archives/partial"`,
    // The kubelet runs the node's etcd; this unit would take its ports.
    `ln -sfn /dev/null "$1.partial/etc/systemd/system/etcd.service"`,
    `mv "$1.partial" "$1"`,
  ];
  const { code, stderr } = await command('flock', [`${base}.lock`, 'sh', '-ec', steps.join('\n'), 'sh', base]);
  if (code !== 0) throw new Error(`debootstrap ${release}: ${stderr}`);
  return base;
}
