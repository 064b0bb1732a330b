// node main.ts NAME ROOT ARGUMENTS…: every program of a throw-away node starts here. Each loads only what it needs.
import { startFrom } from '../launch.ts';

type Program = (root: string, words: string[], name: string) => Promise<void>;

const PROGRAMS: Record<string, Program> = {
  kubeadm: async (root, words) => (await import('./kubeadm.ts')).kubeadm(root, words),
  kubelet: async (root, words) => (await import('./kubelet.ts')).kubelet(root, words),
  systemctl: async (root, words) => (await import('./systemctl.ts')).systemctl(root, words),
  'systemd-run': async (root, words) => (await import('./systemd-run.ts')).systemdRun(root, words),
  journalctl: async (root, words) => (await import('./journalctl.ts')).journalctl(root, words),
  timedatectl: async (root, words) => (await import('./timedatectl.ts')).timedatectl(root, words),
  'remote-server': async (root) => (await import('./remote-server.ts')).remoteServer(root),
  k3s: async (root, words) => (await import('./k3s.ts')).k3s(root, words),
  k0s: async (root, words) => (await import('./k0s.ts')).k0s(root, words),
  rke2: async (root, words) => (await import('./k3s.ts')).k3s(root, words),
  'kube-apiserver': async (root, words) => (await import('./apiserver.ts')).apiserver(root, words),
  etcd: async (root, words) => (await import('./etcd.ts')).etcd(root, words),
  'kube-controller-manager': async (root, words, name) =>
    (await import('./controller.ts')).controller(name, root, words),
  'kube-scheduler': async (root, words, name) => (await import('./controller.ts')).controller(name, root, words),
};

const [, file, name, root, ...words] = process.argv;
if (file === undefined || name === undefined || root === undefined) throw new Error('wanted: NAME ROOT ARGUMENTS...');
// What runs in another static pod does nothing.
const program = PROGRAMS[name] ?? (async () => (await import('./other.ts')).other(root, name));
startFrom(file);
// Not awaited at the top level: a bundle of this is a CommonJS file, which cannot.
void program(rehearsedRoot(name) ?? root, words, name);

/** A rehearsed program works on the copies. */
function rehearsedRoot(called: string): string | undefined {
  return ['k3s', 'kubeadm'].includes(called) ? process.env.DEMO_NODE_ROOT : undefined;
}
