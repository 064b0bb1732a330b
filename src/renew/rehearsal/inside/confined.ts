import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { Confinement } from './request.ts';

/**
 * Why this process is not confined as it must be; null: it is. systemd leaves some parts of a sandbox out, with a line in its
 * log, where the kernel or a container does not allow them. So the helper looks for itself before it starts the tool.
 */
export function whyNotConfined(confinement: Confinement, olderSystemd: boolean): string | null {
  const { network, nodeNetwork, copies, lost } = confinement;
  for (const { path, device, inode } of copies) {
    const seen = statSync(path, { throwIfNoEntry: false });
    if (seen?.dev !== device || seen.ino !== inode) return `the copy is not mounted at ${path}`;
  }
  const writable = writableMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  const open = writable.find((path) => !isExpected(path, [...copies.map((copy) => copy.path), ...lost]));
  if (open !== undefined) return `${open} can be written in the sandbox`;
  const status = readFileSync('/proc/self/status', 'utf8');
  if (!/^NoNewPrivs:\t1$/m.test(status)) return 'programs in the sandbox can gain rights';
  if (!/^Seccomp:\t2$/m.test(status)) return 'system calls are not filtered in the sandbox';
  if (!olderSystemd && process.pid !== 1) return 'the sandbox has no processes of its own';
  if (network === 'none') {
    if (readlinkSync('/proc/self/ns/net') === nodeNetwork) return 'the sandbox has no network of its own';
    const others = Object.entries(networkInterfaces()).filter(([, all]) => all?.some(({ internal }) => !internal));
    if (others.length > 0) return `the sandbox has the network interface ${others[0]![0]}`;
  }
  return null;
}

/** Mount points, as the kernel lists them, that are not read-only. */
export function writableMounts(mountinfo: string): string[] {
  const mounts = new Map<string, boolean>();
  for (const line of mountinfo.split('\n')) {
    const [, , , , path, options, ...rest] = line.split(' ');
    if (path === undefined || options === undefined) continue;
    // A file system can be read-only as a whole, too; a later mount at the same place covers an earlier one.
    const whole = rest.at(-1)?.split(',') ?? [];
    mounts.set(unescaped(path), !options.split(',').includes('ro') && !whole.includes('ro'));
  }
  return [...mounts].filter(([, isWritable]) => isWritable).map(([path]) => path);
}

/** mountinfo writes a space as \040. */
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Made for the sandbox, by PrivateDevices and PrivatePIDs; of /dev what is mounted below counts for itself. */
const OWN = ['/proc', '/dev/pts', '/dev/mqueue'];

function isExpected(path: string, expected: string[]): boolean {
  return path === '/dev' || [...OWN, ...expected].some((each) => path === each || path.startsWith(`${each}/`));
}
