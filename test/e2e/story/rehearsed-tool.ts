// A K3s server whose program is a script of the test, rehearsed in the sandbox of a real systemd.
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import type { RehearsalResult } from '../../../src/domain/model/rehearsal.ts';
import { eventually } from '../../testnode/support.ts';
import type { Machine } from '../machine.ts';
import { put } from '../node.ts';
import { installSource } from '../source-tree.ts';

export type Ground = {
  machine: Machine;
  /** Replaces what the unit's program is: the body of a shell script. */
  program(script: string): void;
  /** One rehearsal; `more` of its request. */
  rehearse(more?: object): Promise<RehearsalResult>;
  /** The words of the same, for a process that a test kills. */
  words(more?: object): string[];
  /** What of the node must not change: files with owner, mode, time, attributes and content; units, mounts, processes. */
  state(): Promise<string>;
};

const PROGRAM = '/opt/tool/k3s';
const TREES = 'etc var/lib/rancher var/lib/kubelet root home opt/tool usr/local';
const UNIT = `[Service]\nEnvironment=K3S_TOKEN=do-not-show\nExecStart=${PROGRAM} server\n`;

export function makeGround(machine: Machine): Ground {
  const source = installSource(machine);
  for (const path of ['var/lib/kubelet/x', 'etc/rancher/k3s/config.yaml', 'var/lib/rancher/k3s/server/token'])
    put(machine, path, 'x\n', 0o600);
  put(machine, 'var/lib/rancher/k3s/server/db/.keep', '');
  put(machine, 'etc/systemd/system/k3s.service', UNIT);
  const database = new DatabaseSync(machine.at('/var/lib/rancher/k3s/server/db/state.db'));
  database.exec('pragma journal_mode = wal; create table kine (id integer)');
  database.close();
  put(machine, 'var/lib/certagent/rehearsals/.keep', '');
  const words = (more: object = {}) => [
    ...source('test/real/child/rehearse.ts'),
    JSON.stringify({ settle: 500, limit: 300_000, ...more }),
  ];
  return {
    machine,
    words,
    program: (script) => put(machine, PROGRAM, `#!/bin/sh\n${script}\n`, 0o755),
    rehearse: async (more) => {
      const { code, stdout, stderr } = await machine.run(words(more)[0]!, ...words(more).slice(1));
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stdout + stderr, /do-not-show/);
      return JSON.parse(stdout) as RehearsalResult;
    },
    state: () => machine.must('sh', '-c', STATE),
  };
}

/** Sends a signal to the driver alone. A small Debian has no pkill. */
export async function signal({ machine }: Ground, name: 'KILL' | 'TERM'): Promise<void> {
  const own = `case "$(tr '\\0' ' ' <$p/cmdline)" in */node*child/rehearse[.]ts*) kill -${name} \${p#/proc/};; esac`;
  await machine.must('sh', '-c', `for p in /proc/[0-9]*; do ${own}; done 2>/dev/null; true`);
}

/** systemd reaps and unmounts a moment after a unit has ended. */
export async function unchanged(ground: Ground, before: string): Promise<void> {
  let now = '';
  await eventually(async () => {
    now = await ground.state();
    return now === before;
  }).catch(() => assert.equal(now, before));
}

const STATE = `cd /
tar --sort=name --numeric-owner --xattrs --acls --pax-option=delete=atime -cf - ${TREES} 2>/dev/null | sha256sum
find /var/lib/certagent/rehearsals /tmp /var/tmp -mindepth 1 2>/dev/null | grep -v systemd-private
systemctl list-units --all --plain --no-legend 'certagent-rehearsal-*'
ls /run/systemd/transient 2>/dev/null
find /sys/fs/cgroup -name '*certagent-rehearsal*'
cut -d' ' -f5 /proc/self/mountinfo | sort
ls /sys/class/net
cat /proc/net/tcp | wc -l
for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline | grep -E 'rehearsal[-]helper|/opt/too[l]|daemonise[d]'; done 2>/dev/null
true`;
