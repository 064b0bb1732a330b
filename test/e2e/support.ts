// A machine that is a node with certagent's package on it, and what an operator looks at.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import type { JournalRecord } from '../../src/domain/model/journal.ts';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY, MINUTE } from '../../src/domain/time/duration.ts';
import { CONFIG_FILE } from '../../src/host/root.ts';
import { JOURNAL_FILE } from '../../src/renew/journal/journal-file.ts';
import type { NodeKind, NodeOptions } from '../../testnode/node.ts';
import { eventually } from '../testnode/support.ts';
import type { Release } from './base.ts';
import { type Machine, makeMachine } from './machine.ts';
import { Mail, SINKS } from './mail.ts';
import { type InstalledNode, installNode, PLAYER, startNode } from './node.ts';
import { packageFile } from './package.ts';

/** A machine with certagent's package on it. */
type Installed = { machine: Machine };
export type Scene = Installed & { node: InstalledNode; mail: Mail; deb: string };

/** A machine that runs a node whose certificates expire in 60 days, with the users alice (who has a copy), bob and carol. */
export async function scene(
  t: TestContext,
  release: Release,
  kind: NodeKind,
  options: Partial<NodeOptions> = {},
): Promise<Scene> {
  const deb = await packageFile();
  const machine = await makeMachine(release);
  const mail = new Mail();
  t.after(async () => {
    await mail.close();
    await machine.remove();
  });
  const node = await installNode(machine, {
    kind,
    leafEnds: Date.now() + 60 * DAY,
    speed: 0.1,
    keys: 'rsa',
    ...options,
  });
  await machine.boot();
  await mail.open(machine);
  for (const user of ['alice', 'bob', 'carol']) await machine.must('useradd', '--create-home', user);
  await startNode(machine, node);
  await machine.must('install', '-d', '-o', 'alice', '-g', 'alice', '-m', '700', '/home/alice/.kube');
  await machine.must('install', '-o', 'alice', '-g', 'alice', '-m', '600', node.kubeconfig, COPY);
  const here = { machine, node, mail, deb };
  for (const name of ['api', 'apiserver', 'etcd', 'controllerManager', 'scheduler', 'kubelet']) {
    const port = node.ports[name];
    if (port !== undefined) await eventually(() => served(here, port));
  }
  return here;
}

export const COPY = '/home/alice/.kube/config';

/** `apt install ./certagent.deb`, as the README has it; null: the previous file. */
export async function install({ machine }: Installed, deb: string | null): Promise<void> {
  if (deb !== null) copyFileSync(deb, machine.at('/root/certagent.deb'));
  await machine.must('env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '--yes', '/root/certagent.deb');
}

/**
 * A maintenance window of the whole day that every node's own moment in it has passed, at whatever hour the test runs: the
 * last of them comes an hour before its end. The next one begins in 50 minutes.
 */
export function openWindow(): string {
  const start = new Date(Date.now() + 50 * MINUTE).toISOString().slice(11, 16);
  return `[maintenance]\nstart = "${start}"\nend = "${start}"\n`;
}

/** A configuration with sinks that the scene's mail receives, and a maintenance window of the whole day, or of another one. */
export async function configure(
  { machine }: Scene,
  mode: 'renew' | 'observe',
  more = '',
  window: 'open' | 'closed' = 'open',
): Promise<void> {
  const day = new Date(Date.now() + 3 * DAY)
    .toLocaleDateString('en', { weekday: 'short', timeZone: 'UTC' })
    .toLowerCase();
  const hours = window === 'open' ? openWindow() : `[maintenance]\ndays = ["${day}"]\nstart = "00:00"\nend = "00:00"\n`;
  // Written in place: owner and mode stay the package's.
  // A machine without a network has nothing to be synchronised with.
  const clock = '[clock]\nrequire_synchronized = false\n';
  const text = `# ours\nmode = "${mode}"\n${clock}${hours}${more}\n${SINKS}`;
  await writeFile(machine.at(CONFIG_FILE), text);
}

export async function status({ machine }: Installed): Promise<StatusReport> {
  return JSON.parse(await machine.must('certagent', 'status', '-o', 'json')) as StatusReport;
}

/** Asks until the status is as wanted. */
export function statusOnce(wanted: (status: StatusReport) => boolean, of: Installed): Promise<StatusReport> {
  return eventually(async () => {
    const report = await status(of);
    return wanted(report) && report;
  });
}

/** The status after the daemon's first check. */
export function checked(of: Installed): Promise<StatusReport> {
  return statusOnce(({ nextCheckAt }) => nextCheckAt !== null, of);
}

/** A property of certagent's unit. */
export async function property({ machine }: Installed, name: string): Promise<string> {
  return (await machine.must('systemctl', 'show', '--value', `--property=${name}`, 'certagent')).trim();
}

type Line = { priority: number; text: string };

/** What journald has of certagent's own lines. */
export async function lines({ machine }: Installed): Promise<Line[]> {
  const text = await machine.must('journalctl', '--unit=certagent', '--output=json', '--no-pager');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, string>)
    .filter((entry) => entry._COMM === 'certagent')
    .map((entry) => ({ priority: Number(entry.PRIORITY), text: entry.MESSAGE ?? '' }));
}

/** certagent's journal, read from outside; a line that is being written is passed over. */
export function journal({ machine }: Installed): JournalRecord[] {
  const file = machine.at(JOURNAL_FILE);
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as JournalRecord);
}

/** Waits until a plan begun after `before` records is in a step of this kind. */
export function inStep(of: Installed, kind: string, before: number): Promise<JournalRecord> {
  return eventually(() => {
    const records = journal(of).slice(before);
    const started = records.find((record) => record.type === 'plan-started');
    const steps = started?.type === 'plan-started' ? started.plan.steps : [];
    return records.find((record) => record.type === 'step-started' && steps[record.step]?.kind === kind);
  });
}

/** Content, owner, mode and time of everything of the cluster's and the users', and the node's processes: what must not change when nothing is to be touched. */
export async function fingerprint({ machine, node }: Scene): Promise<string> {
  const trees = '/etc/kubernetes /etc/rancher /var/lib/kubelet /var/lib/rancher /home';
  const files = `find ${trees} -printf '%p %M %U %G %T@ %i\n' 2>/dev/null | sort; find ${trees} -type f 2>/dev/null | sort | xargs sha256sum`;
  // Those that stay: not a kubeadm or a K3s that is asked for its version, or was until just now.
  const passing = `''|*kubeadm*version*|*k3s*version*`;
  const words = `$(tr '\\0' ' ' <$p/cmdline)`;
  const processes = `for p in /proc/[0-9]*; do [ "$(readlink $p/exe)" = ${PLAYER} ] || continue; case "${words}" in ${passing}) ;; *) echo $p;; esac; done 2>/dev/null | sort`;
  return machine.must('sh', '-c', `${files}; ${processes}; systemctl show --property=MainPID,NRestarts ${node.unit}`);
}

/** The certificate that a port of the machine serves, asked by openssl. */
export async function served({ machine }: Installed, port: number): Promise<X509Certificate> {
  const { stdout, stderr } = await machine.inNetwork(
    'sh',
    '-c',
    `openssl s_client -connect 127.0.0.1:${port} </dev/null`,
  );
  const pem = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(stdout)?.[0];
  assert.ok(pem, stderr);
  return new X509Certificate(pem);
}

/** Days until the client certificate in a kubeconfig expires. */
export function daysOf({ machine }: Scene, kubeconfig: string): number {
  const data = /client-certificate-data: (\S+)/.exec(readFileSync(machine.at(kubeconfig), 'utf8'))?.[1] ?? '';
  return Math.round((new X509Certificate(Buffer.from(data, 'base64')).validToDate.getTime() - Date.now()) / DAY);
}

/** "alice:alice 600" of a file. */
export async function ownerOf({ machine }: Scene, path: string): Promise<string> {
  return (await machine.must('stat', '-c', '%U:%G %a', path)).trim();
}

/** Everything on the machine that is called after certagent, besides the node's own programs and systemd's state. */
export function traces({ machine }: Scene): Promise<string> {
  const others = ['/opt/demo/*', '/proc/*', '/var/lib/systemd/*'].map((path) => `-not -path '${path}'`).join(' ');
  return machine.must('sh', '-c', `find / -xdev -name '*certagent*' ${others}`);
}
