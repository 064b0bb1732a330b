import { chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { K0S_PKI } from './k0s-layout.ts';
import { k3sKubeconfigPath } from './k3s-layout.ts';
import type { NodeRecord } from './options.ts';
import { k3sFlavour } from './options.ts';
import { put, putDirectory } from './put.ts';

/** What any machine has: names, users with their homes, a time zone. It has no clock and no /etc/localtime. */
export function layOutMachine(root: string, node: NodeRecord): void {
  const [ownUid, ownGid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const users = node.users
    .filter(({ name }) => name !== 'root')
    .map((user) => ({ ...user, uid: user.uid ?? ownUid, gid: user.gid ?? ownGid }));
  const passwd = users.map(({ name, uid, gid }) => `${name}:x:${uid}:${gid}::/home/${name}:/bin/bash\n`);
  put(root, 'etc/passwd', `root:x:0:0:root:/root:/bin/bash\n${passwd.join('')}`, 0o644);
  put(root, 'etc/group', `root:x:0:\n${users.map(({ name, gid }) => `${name}:x:${gid}:\n`).join('')}`, 0o644);
  put(root, 'etc/hostname', `${node.nodeName}\n`, 0o644);
  put(root, 'etc/timezone', `${node.timeZone}\n`, 0o644);
  putDirectory(root, 'root', 0o700);
  if (node.sandbox) putDirectory(root, 'run/systemd/system');
  const source = administratorsKubeconfig(node);
  for (const { name, uid, gid, kubeconfig } of users) {
    const home = `home/${name}`;
    const made = [home];
    putDirectory(root, home, 0o750);
    if (source !== undefined && kubeconfig !== 'none') {
      put(root, `${home}/.kube/config`, readFileSync(join(root, source), 'utf8'), 0o600);
      made.push(`${home}/.kube`, `${home}/.kube/config`);
    }
    if (uid !== ownUid || gid !== ownGid) for (const path of made) chownSync(join(root, path), uid, gid);
  }
}

function administratorsKubeconfig(node: NodeRecord): string | undefined {
  if (node.kind === 'kubeadm-worker' || node.kind === 'hard-way' || node.kind.endsWith('-agent')) return undefined;
  if (node.kind === 'k0s-controller') return `${K0S_PKI}/admin.conf`;
  return k3sFlavour(node.kind) === undefined ? 'etc/kubernetes/admin.conf' : k3sKubeconfigPath(node);
}
