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
  const places = copies.map((copy) => copy.path);
  const writable = writableMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  const open = writable.find(({ path, type }) => !isExpected(path, type === 'tmpfs' ? [...places, ...lost] : places));
  if (open !== undefined) return `${open.path} can be written in the sandbox`;
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

/** Mount points that are not read-only, as the kernel lists them. */
export function writableMounts(mountinfo: string): { path: string; type: string }[] {
  const mounts = new Map<string, { type: string; isWritable: boolean }>();
  for (const line of mountinfo.split('\n')) {
    // "… mount point, options, optional fields - type, source, options of the file system" (proc_pid_mountinfo(5)).
    const [mount, fileSystem] = line.split(' - ').map((part) => part.split(' '));
    if (mount === undefined || fileSystem === undefined) continue;
    const isReadOnly = [mount[5], fileSystem[2]].some((options) => options?.split(',').includes('ro') === true);
    // A later mount at the same place covers an earlier one.
    mounts.set(unescaped(mount[4] ?? ''), { type: fileSystem[0] ?? '', isWritable: !isReadOnly });
  }
  return [...mounts].flatMap(([path, { type, isWritable }]) => (isWritable ? [{ path, type }] : []));
}

/** mountinfo writes a space as \040. */
const unescaped = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Made for the sandbox, by PrivateDevices and PrivatePIDs; of /dev what is mounted below counts for itself. */
const OWN = ['/proc', '/dev/pts', '/dev/mqueue'];

function isExpected(path: string, expected: string[]): boolean {
  return path === '/dev' || [...OWN, ...expected].some((each) => path === each || path.startsWith(`${each}/`));
}
