// A real K3s server in a booted Debian, with certagent's package beside it.
import { cpSync, writeFileSync } from 'node:fs';
import { CONFIG_FILE, STATE_DIR } from '../../src/host/root.ts';
import type { Issued } from '../../testnode/pki.ts';
import { type Machine, makeMachine } from '../e2e/machine.ts';
import { put } from '../e2e/node.ts';
import { install, openWindow, served } from '../e2e/support.ts';
import { eventually, type Ran } from '../testnode/support.ts';
import { KUBECONFIG, type Secret } from './aging.ts';
import { hasOldControlGroups } from './kernel.ts';
import { issueClient } from './probe.ts';
import type { Programs } from './programs.ts';

/** What K3s calls and Debian has; a released K3s carries most of it itself. */
const PACKAGES = [
  'conntrack',
  'containernetworking-plugins',
  'iproute2',
  'iptables',
  'kmod',
  'openssl',
  'procps',
  'runc',
];
const NODE_ADDRESS = '10.77.0.2';
/** An address of its own, and a route that leads nowhere: K3s wants both. */
const ALONE = `
ip link add k3s0 type veth peer name k3s1
ip address add ${NODE_ADDRESS}/24 dev k3s0
ip link set k3s1 up
ip link set k3s0 up
ip route add default via 10.77.0.1 dev k3s0
`;
const STATE = 'var/lib/rancher/k3s/server var/lib/rancher/k3s/agent etc/rancher';
const NOT_STATE = ['containerd', 'images', 'pod-manifests'].map(
  (name) => `--exclude=var/lib/rancher/k3s/agent/${name}`,
);

export type RealNode = {
  machine: Machine;
  /** As `k3s --version` has it: v1.36.3+k3s1. */
  version: string;
  /** The listener's certificate in the datastore, as K3s issued it. */
  listener: Secret;
  /** For the probe. */
  client: Issued;
};

/** A machine whose K3s has started once and is stopped, with the package installed and not running. The caller removes it. */
export async function installK3s(programs: Programs, deb: string): Promise<RealNode> {
  const machine = await makeMachine('trixie', MACHINE);
  try {
    const version = await prepareK3s(machine, programs, () => machine.must('sh', '-ec', ALONE));
    put(machine, K3S_CONFIG, configuration(version, NODE_ADDRESS));
    await startK3s(machine);
    const words = ['-n', 'kube-system', 'get', 'secret', 'k3s-serving', '-o', 'json'];
    const listener = await eventually(async () => JSON.parse((await kubectl(machine, ...words)).stdout) as Secret);
    await stopK3s(machine);
    await machine.must('tar', '-C', '/', '-cf', '/root/k3s.tar', ...NOT_STATE, ...STATE.split(' '));
    await installCertagent(machine, deb);
    return { machine, version, listener, client: await issueClient(machine) };
  } catch (error) {
    await machine.remove();
    throw error;
  }
}

export const MACHINE = { packages: PACKAGES, runsContainers: true };
export const K3S_CONFIG = 'etc/rancher/k3s/config.yaml';

/** Boots the machine with K3s on it, which is not started and not configured. Returns K3s's version. */
export async function prepareK3s(
  machine: Machine,
  programs: Programs,
  connect: () => Promise<unknown>,
): Promise<string> {
  cpSync(programs.directory, machine.at('/usr/local/bin'), { recursive: true, verbatimSymlinks: true });
  put(machine, 'etc/systemd/system/k3s.service', UNIT);
  await machine.boot();
  await machine.must('sh', '-ec', HOST);
  await connect();
  return /\bv\d+\.\d+\.\d+\S*/.exec(await machine.must('k3s', '--version'))?.[0] ?? programs.name;
}

/** The package, installed and not running. */
export async function installCertagent(machine: Machine, deb: string): Promise<void> {
  await install({ machine }, deb);
  await machine.must('systemctl', 'disable', '--now', '--quiet', 'certagent');
}

/** Written in place: owner and mode stay the package's. A machine without a network has no time to synchronise with. */
export function configureCertagent(machine: Machine, more = ''): void {
  writeFileSync(
    machine.at(CONFIG_FILE),
    `mode = "renew"\n[clock]\nrequire_synchronized = false\n${openWindow()}${more}`,
  );
}

/** Certificates, keys and datastore are those of the first start, certagent knows nothing and renews at any hour; neither runs. */
export async function reset({ machine }: RealNode, more = ''): Promise<void> {
  await machine.must('systemctl', 'stop', 'certagent');
  await stopK3s(machine);
  const files = 'find /var/lib/rancher/k3s/agent -maxdepth 1 -type f -delete';
  const remove = `rm -rf /var/lib/rancher/k3s/server /etc/rancher && ${files}`;
  await machine.must('sh', '-ec', `${remove}; tar -C / -xf /root/k3s.tar; rm -rf ${STATE_DIR}/*`);
  await machine.must('systemctl', 'reset-failed');
  configureCertagent(machine, more);
}

/** Returns when every component serves: the scheduler reads its certificate seconds after the start is done. */
export async function startK3s(machine: Machine): Promise<void> {
  await machine.must('timeout', '280', 'systemctl', 'start', 'k3s');
  const serves = async () => {
    for (const port of COMPONENTS) await served({ machine }, port);
    return isReady(machine);
  };
  await eventually(serves).catch(async () => {
    const log = await machine.must('journalctl', '--unit=k3s', '--output=cat', '--no-pager', '--lines=25');
    throw new Error(`k3s has started, and not every component serves:\n${log}`);
  });
}

/** The API server, the kubelet, controller-manager and scheduler. */
const COMPONENTS = [6444, 10250, 10257, 10259];

/** Its containers, were there any, would outlive it. */
export async function stopK3s(machine: Machine): Promise<void> {
  await machine.must('systemctl', 'stop', 'k3s');
}

/** By the administrator's kubeconfig. */
export async function isReady(machine: Machine): Promise<boolean> {
  const { code, stdout } = await kubectl(machine, 'get', '--raw=/readyz');
  return code === 0 && stdout === 'ok';
}

/** Debian's. */
export function kubectl(machine: Machine, ...words: string[]): Promise<Ran> {
  return machine.run('timeout', '10', '/usr/bin/kubectl', `--kubeconfig=${KUBECONFIG}`, ...words);
}

/** K3s's process, and how often systemd has restarted it. */
export function incarnation(machine: Machine, unit = 'k3s'): Promise<string> {
  return machine.must('systemctl', 'show', '--property=MainPID,NRestarts', unit);
}

// As K3s's own install script writes it.
export const UNIT = `[Unit]
Description=Lightweight Kubernetes
Wants=network-online.target
After=network-online.target

[Install]
WantedBy=multi-user.target

[Service]
Type=notify
EnvironmentFile=-/etc/default/%N
EnvironmentFile=-/etc/sysconfig/%N
EnvironmentFile=-/etc/systemd/system/k3s.service.env
KillMode=process
Delegate=yes
User=root
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s
ExecStart=/usr/local/bin/k3s server
`;

// Control groups and mounts as on a host.
const HOST = `
if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -o remount,rw /sys/fs/cgroup
  for group in /sys/fs/cgroup/*; do
    [ -L $group ] || mount -o remount,bind,rw,nosuid,nodev,noexec,relatime $group || :
  done
fi
mount --make-rshared /
sysctl -qw net.ipv4.ip_forward=1
for plugin in /usr/lib/cni/*; do [ -e /usr/local/bin/\${plugin##*/} ] || ln -s $plugin /usr/local/bin/; done
`;

/** `more`: lines of YAML. */
export function configuration(version: string, address: string, more = ''): string {
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  const kubelet = hasOldControlGroups() ? ['cgroup-driver=cgroupfs'] : [];
  if (hasOldControlGroups() && (Number(major) > 1 || Number(minor) >= 31)) kubelet.push('fail-cgroupv1=false');
  return `disable: [coredns, servicelb, traefik, local-storage, metrics-server]
flannel-backend: none
disable-network-policy: true
node-ip: ${address}
snapshotter: native
kubelet-arg: ${JSON.stringify(kubelet)}
${more}`;
}
