import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PodIdentity } from '../../src/domain/model/pod-identity.ts';
import { findAllOfPod, findPodProcesses, podUid } from '../../src/host/pod-processes.ts';
import { findProcesses } from '../../src/host/processes.ts';
import { Root } from '../../src/host/root.ts';
import { directoryFor } from '../observe/support.ts';

const UID = '0ab3825dbd3bfa903f22baceece2eac3';
const OTHER = '14a9cdcf46ba3c80bb757dadfc14b0ab';
const OF_API = '3f1c5d8e-6a4b-4c1d-9e2f-0a1b2c3d4e5f';

const CGROUPS: [what: string, cgroup: string, uid: string | null][] = [
  ['cgroupfs driver', `0::/kubepods/burstable/pod${UID}/8f3b\n`, UID],
  [
    'systemd driver',
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${UID}.slice/cri-containerd-8f3b.scope\n`,
    UID,
  ],
  [
    'systemd driver, a UID of the API server',
    `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${OF_API.replaceAll('-', '_')}.slice/crio-8f.scope\n`,
    OF_API,
  ],
  ['guaranteed pods', `0::/kubepods.slice/kubepods-pod${UID}.slice/docker-8f.scope\n`, UID],
  ['cgroup v1, several lines', `12:cpu,cpuacct:/kubepods/burstable/pod${UID}/8f\n1:name=systemd:/x\n`, UID],
  ['a kubelet in a container', `0::/docker/77aa/kubelet/kubepods/burstable/pod${UID}/8f\n`, UID],
  [
    'a group that a container made below its own',
    `0::/kubepods/burstable/pod${OTHER}/8f/kubepods/pod${UID}/x\n`,
    OTHER,
  ],
  ['a container of podman', `0::/machine.slice/libpod-${UID}${UID}.scope\n`, null],
  ['a service', '0::/system.slice/kubelet.service\n', null],
  ['nothing', '', null],
];
for (const [what, cgroup, uid] of CGROUPS)
  test(`the UID of a pod in a control group: ${what}`, () => assert.equal(podUid(cgroup), uid));

const POD: PodIdentity = {
  namespace: 'kube-system',
  name: 'kube-scheduler',
  containers: ['kube-scheduler'],
  uid: null,
  logsDir: '/var/log/pods',
  rootDir: '/var/lib/kubelet',
};

type Shown = { argv: string[]; group: string; uid?: number };

/** A node image whose /proc shows these processes, numbered from 1. */
function imageWith(t: TestContext, processes: Shown[], directories: string[]): Root {
  const root = new Root(directoryFor(t));
  for (const directory of directories) mkdirSync(join(root.prefix, directory), { recursive: true });
  for (const [index, { argv, group, uid = 0 }] of processes.entries()) {
    const entry = join(root.prefix, 'proc', String(index + 1));
    mkdirSync(entry, { recursive: true });
    writeFileSync(join(entry, 'cmdline'), `${argv.join('\0')}\0`);
    writeFileSync(join(entry, 'cgroup'), `0::${group}\n`);
    writeFileSync(join(entry, 'status'), `Name:\tx\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
    writeFileSync(join(entry, 'stat'), `${index + 1} (x) S ${'0 '.repeat(18)}${1_000 + index} 0 0\n`);
  }
  return root;
}

const argv = ['/usr/local/bin/kube-scheduler', '--kubeconfig=/etc/kubernetes/scheduler.conf'];
const wanted = { program: 'kube-scheduler', arguments: [argv[1]!], pod: POD };
const group = (uid: string) => `/kubepods/burstable/pod${uid}/8f3b`;
const logs = (uid: string, pod = 'kube-system_kube-scheduler-node1') => `var/log/pods/${pod}_${uid}/kube-scheduler`;
const kept = (uid: string, container = 'kube-scheduler') => `var/lib/kubelet/pods/${uid}/containers/${container}`;

const FOUND: [what: string, process: Partial<Shown>, directories: string[], isFound: boolean][] = [
  ['in its pod, by the name of its logs', {}, [logs(UID)], true],
  ['in its pod, by the kubelet’s directory', {}, [kept(UID)], true],
  ['beside directories of an earlier pod', {}, [logs(OTHER), logs(UID)], true],
  ['with other arguments', { argv: [argv[0]!, '--kubeconfig=/srv/other.conf'] }, [logs(UID)], false],
  ['of another program', { argv: ['/bin/sleep', argv[1]!] }, [logs(UID)], false],
  ['of a person', { uid: 65_534 }, [logs(UID)], false],
  ['outside of any pod', { group: '/user.slice' }, [logs(UID)], false],
  ['in another static pod', { group: group(OTHER) }, [logs(UID), kept(OTHER, 'kube-vip')], false],
  ['in a pod of the API server', { group: group(OF_API) }, [logs(UID)], false],
  ['in a pod of the API server that has the name', { group: group(OF_API) }, [logs(OF_API)], false],
  ['in a pod of another namespace', {}, [logs(UID, 'default_kube-scheduler-node1')], false],
  ['in a pod whose name only begins alike', {}, [logs(UID, 'kube-system_kube-schedulers-node1')], false],
  ['where the kubelet has noted nothing', {}, [], false],
];
for (const [what, process, directories, isFound] of FOUND)
  test(`a process is ${isFound ? '' : 'not '}taken for the scheduler: ${what}`, async (t) => {
    const root = imageWith(t, [{ argv, group: group(UID), ...process }], directories);
    assert.deepEqual(
      (await findPodProcesses(root, wanted)).map(({ pid }) => pid),
      isFound ? [1] : [],
    );
  });

test('a UID that the manifest gives counts, whatever it looks like', async (t) => {
  const root = imageWith(t, [{ argv, group: group(OF_API) }], [logs(OF_API)]);
  assert.equal((await findPodProcesses(root, { ...wanted, pod: { ...POD, uid: OF_API } })).length, 1);
});

test('a plan of an earlier version names no pod: the arguments decide', async (t) => {
  const root = imageWith(t, [{ argv, group: '/system.slice' }], []);
  assert.equal((await findPodProcesses(root, { ...wanted, pod: null })).length, 1);
});

test('all processes of a pod, whatever they are called', async (t) => {
  const root = imageWith(
    t,
    [
      { argv: ['/pause'], group: group(UID) },
      { argv: ['/kube-vip', 'manager'], group: group(UID) },
      { argv, group: group(OTHER) },
    ],
    [logs(UID), logs(OTHER, 'kube-system_other-node1')],
  );
  assert.deepEqual(
    (await findAllOfPod(root, POD)).map(({ pid }) => pid),
    [1, 2],
  );
});

test("the arguments of a person's process are not even read: it can make that wait forever", async (t) => {
  const root = imageWith(t, [{ argv: ['kube-scheduler'], group: `/kubepods/pod${UID}/x`, uid: 1_000 }], []);
  const cmdline = join(root.prefix, 'proc/1/cmdline');
  rmSync(cmdline);
  // As a mapping of a FUSE file does, a FIFO keeps whoever opens it waiting.
  execFileSync('mkfifo', [cmdline]);
  let isRead = false;
  const freed = setTimeout(() => {
    isRead = true;
    writeFileSync(cmdline, 'found\0', { flag: 'r+' });
  }, 30_000);
  await findProcesses(join(root.prefix, 'proc'), () => true);
  clearTimeout(freed);
  assert.equal(isRead, false);
});
