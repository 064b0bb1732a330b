// The throw-away node as a machine's own: its files on their real paths, its kubelet or K3s a real unit of a real systemd.
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeNode, type NodeKind, type NodeOptions, type TestNode } from '../../testnode/node.ts';
import { unitOf } from '../../testnode/options.ts';
import { LONG_RUNNING } from '../../testnode/stand-in/k3s-leaves.ts';
import { bundledStandIns } from '../testnode/bundle.ts';
import { type Machine, TEMPORARY } from './machine.ts';

/** The stand-ins have a runtime of their own: the node keeps running whatever certagent does. */
export const PLAYER = '/opt/demo/node';
const STAND_INS = '/opt/demo/bin/stand-ins.cjs';

/** What of a node image belongs to the cluster; users, names and time are the machine's. */
const TREES = ['etc/kubernetes', 'etc/rancher', 'var/lib/kubelet', 'var/lib/rancher', 'var/lib/etcd'];
const RECORDS = ['etc/demo-node.json', 'etc/demo-faults.json'];

/** What the stand-ins keep below /run; systemd-tmpfiles copies it there at each boot. */
const RUN_TEMPLATE = 'usr/share/demo/run';

export type InstalledNode = {
  kind: NodeKind;
  unit: string;
  ports: TestNode['ports'];
  /** The administrator's kubeconfig. */
  kubeconfig: string;
};

/** Puts a node into a machine that is switched off. Its unit starts at each boot from the next `startNode` on. */
export async function installNode(machine: Machine, options: Omit<NodeOptions, 'root'>): Promise<InstalledNode> {
  const directory = await mkdtemp(join(tmpdir(), TEMPORARY));
  try {
    const image = join(directory, 'node');
    const { kind, ports } = await makeNode({ ...options, root: image, users: [] });
    for (const path of [...TREES, ...RECORDS]) copy(join(image, path), machine.at(path));
    copy(join(image, 'run/demo'), machine.at(RUN_TEMPLATE));
    const unit = unitOf(kind);
    const rancher = kind.startsWith('k3s') ? 'k3s' : 'rke2';
    const isKubeadm = kind.startsWith('kubeadm');
    put(machine, 'etc/tmpfiles.d/demo.conf', `C /run/demo - - - - /${RUN_TEMPLATE}\n`);
    for (const program of isKubeadm ? ['kubeadm', 'kubelet'] : [rancher]) {
      // certagent starts some of them within its sandbox, where memory that is written is never executed: no JIT there.
      const script = `#!/bin/sh\nexec ${PLAYER} --jitless ${STAND_INS} ${program} / "$@"\n`;
      put(machine, `${isKubeadm ? 'usr/bin' : 'usr/local/bin'}/${program}`, script, 0o755);
    }
    put(machine, `etc/systemd/system/${unit}.service`, isKubeadm ? KUBELET_UNIT : rancherUnit(rancher, kind));
    mkdirSync(dirname(machine.at(STAND_INS)), { recursive: true });
    copyFileSync(process.execPath, machine.at(PLAYER));
    copyFileSync(await bundledStandIns(), machine.at(STAND_INS));
    return {
      kind,
      unit,
      ports,
      kubeconfig: isKubeadm ? '/etc/kubernetes/admin.conf' : `/etc/rancher/${rancher}/${rancher}.yaml`,
    };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Starts the node's unit, now and at each boot. K3s is taken to run since long before its certificates came due. */
export async function startNode(machine: Machine, node: InstalledNode): Promise<void> {
  const longRunning = machine.at(LONG_RUNNING);
  await machine.must('touch', `/${LONG_RUNNING}`);
  await machine.must('systemctl', 'enable', '--now', '--quiet', node.unit);
  await machine.must('rm', `/${LONG_RUNNING}`);
  if (existsSync(longRunning)) throw new Error('/run of a machine lies in its memory');
}

// As the kubelet's own package has it, but for the flags; pods are a container runtime's, not in this unit's care.
const KUBELET_UNIT = `[Unit]
Description=kubelet (stand-in)
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10
KillMode=process

[Install]
WantedBy=multi-user.target
`;

// As K3s's install script writes it: ready when it says so, without a time limit, and workloads outlive it.
function rancherUnit(flavour: string, kind: NodeKind): string {
  return `[Unit]
Description=${flavour} (stand-in)
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
NotifyAccess=all
KillMode=process
Delegate=yes
User=root
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStart=/usr/local/bin/${flavour} ${kind.endsWith('-agent') ? 'agent' : 'server'}

[Install]
WantedBy=multi-user.target
`;
}

function copy(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
}

/** Writes a file of the machine, with its directory. */
export function put(machine: Machine, path: string, content: string, mode = 0o644): void {
  const file = machine.at(path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}
