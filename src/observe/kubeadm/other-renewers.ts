import type { OtherRenewer } from '../../domain/model/inventory.ts';
import type { Root } from '../../host/root.ts';
import { commandsOf, type UnitList } from '../../host/unit-files.ts';
import type { KubeletSettings } from '../kubelet-settings.ts';
import { names, text } from '../node-files.ts';

type PodDirectories = Pick<KubeletSettings, 'manifestsDir' | 'podLogsDir'>;

/** What else runs `kubeadm certs renew` on this node, as far as files show it. */
export async function otherRenewers(
  root: Root,
  { enabled }: UnitList,
  kubelet: PodDirectories,
): Promise<OtherRenewer[]> {
  const found = await Promise.all([timers(root, enabled), cronTables(root), cronScripts(root), kucero(root, kubelet)]);
  return found.flat().sort((a, b) => (a.where < b.where ? -1 : 1));
}

/** kubespray's `k8s-certs-renew.timer` starts a script; an operator's may start kubeadm itself. */
async function timers(root: Root, enabled: ReadonlySet<string>): Promise<OtherRenewer[]> {
  const all = [...enabled].filter((name) => name.endsWith('.timer'));
  const renewing = await filtered(all, async (timer) => {
    const commands = await commandsOf(root, timer.replace(/\.timer$/, ''));
    const argv = commands.flat().map((word) => word.replace(/^[-@:+!|]+(?=\/)/, ''));
    return renews(commands.map((words) => words.join(' ')).join('\n')) || startsRenewal(root, argv);
  });
  return renewing.map((where) => ({ where, what: 'a systemd timer' }));
}

const SYSTEM_TABLES = '/etc/cron.d';
const USER_TABLES = ['/var/spool/cron/crontabs', '/var/spool/cron'];

async function cronTables(root: Root): Promise<OtherRenewer[]> {
  const ofSystem = ['/etc/crontab', ...(await filesIn(root, [SYSTEM_TABLES]))];
  const ofUsers = await filesIn(root, USER_TABLES);
  const renewing = await filtered([...ofSystem, ...ofUsers], async (path) => {
    const lines = commandsIn((await text(root, path)) ?? '');
    // A user's table can name any file, and certagent opens none that users choose.
    const words = ofUsers.includes(path) ? [] : lines.split(/\s+/);
    return renews(lines) || startsRenewal(root, words);
  });
  return renewing.map((where) => ({ where, what: 'a cron line' }));
}

async function cronScripts(root: Root): Promise<OtherRenewer[]> {
  const periods = ['hourly', 'daily', 'weekly', 'monthly'].map((period) => `/etc/cron.${period}`);
  const renewing = await filtered(await filesIn(root, periods), (path) => startsRenewal(root, [path]));
  return renewing.map((where) => ({ where, what: 'a cron script' }));
}

/** A DaemonSet that renews the control plane's certificates and restarts its nodes. */
async function kucero(root: Root, { manifestsDir, podLogsDir }: PodDirectories): Promise<OtherRenewer[]> {
  const pods = await filesIn(root, [manifestsDir, podLogsDir]);
  const its = pods.find((path) => /(^|[-_/])kucero([-_.]|$)/.test(path.slice(path.lastIndexOf('/'))));
  return its === undefined ? [] : [{ where: its, what: 'kucero runs as a pod' }];
}

const SCRIPTS = /^\/(usr|etc|opt\/bin)\//;

async function startsRenewal(root: Root, argv: string[]): Promise<boolean> {
  const scripts = [...new Set(argv)].filter((word) => SCRIPTS.test(word)).slice(0, 20);
  const texts = await Promise.all(scripts.map((path) => text(root, path)));
  return texts.some((script) => script?.startsWith('#!') === true && renews(commandsIn(script)));
}

/** Without comments, and with the lines joined that a backslash continues. */
function commandsIn(content: string): string {
  const lines = content.replace(/\\\r?\n/g, ' ').split('\n');
  return lines.filter((line) => !/^\s*#/.test(line)).join('\n');
}

function renews(commands: string): boolean {
  return /\bkubeadm\b[^\n;|&]*\scerts\s+renew\b/.test(commands);
}

async function filesIn(root: Root, directories: string[]): Promise<string[]> {
  const lists = await Promise.all(
    directories.map(async (directory) => (await names(root, directory)).map((name) => `${directory}/${name}`)),
  );
  return lists.flat();
}

async function filtered<T>(all: T[], test: (one: T) => Promise<boolean>): Promise<T[]> {
  const kept = await Promise.all(all.map(test));
  return all.filter((_, index) => kept[index]);
}
