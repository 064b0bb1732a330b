// Every program of the throw-away node starts here: `main.ts NAME ROOT ARGUMENTS…`. Each loads only what it needs.
const [name, root, ...words] = process.argv.slice(2);
if (name === undefined || root === undefined) throw new Error('usage: main.ts NAME ROOT ARGUMENTS...');

const programs: Record<string, (root: string, words: string[]) => Promise<void>> = {
  kubeadm: async (...given) => (await import('./kubeadm.ts')).kubeadm(...given),
  kubelet: async (...given) => (await import('./kubelet.ts')).kubelet(...given),
  systemctl: async (...given) => (await import('./systemctl.ts')).systemctl(...given),
  timedatectl: async (...given) => (await import('./timedatectl.ts')).timedatectl(...given),
  k3s: async (...given) => (await import('./k3s.ts')).k3s(...given),
  rke2: async (...given) => (await import('./k3s.ts')).k3s(...given),
  'kube-apiserver': async (...given) => (await import('./apiserver.ts')).apiserver(...given),
  etcd: async (...given) => (await import('./etcd.ts')).etcd(...given),
  'kube-controller-manager': async (...given) => (await import('./controller.ts')).controller(name, ...given),
  'kube-scheduler': async (...given) => (await import('./controller.ts')).controller(name, ...given),
};

const program = programs[name];
if (program === undefined) throw new Error(`no stand-in is called ${name}`);
await program(root, words);
