// A real kubelet sets kernel parameters that all machines share: they are put back after the last scene.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const SHARED = [
  'kernel/keys/root_maxbytes',
  'kernel/keys/root_maxkeys',
  'kernel/panic',
  'kernel/panic_on_oops',
  'net/netfilter/nf_conntrack_max',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
];

/** Returns what puts the parameters back. */
export function keepKernelParameters(): () => void {
  const kept = SHARED.map((name) => `/proc/sys/${name}`)
    .filter((file) => existsSync(file))
    .map((file) => ({ file, value: readFileSync(file, 'utf8') }));
  return () => {
    for (const { file, value } of kept) if (readFileSync(file, 'utf8') !== value) writeFileSync(file, value);
  };
}

/** Whether the kernel's control groups are of version 1, which a kubelet of today must be told to accept. */
export function hasOldControlGroups(): boolean {
  return !existsSync('/sys/fs/cgroup/cgroup.controllers');
}
