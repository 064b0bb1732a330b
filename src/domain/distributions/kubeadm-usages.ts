const [SERVER, CLIENT] = ['serverAuth', 'clientAuth'] as const;

/** Extended key usages that kubeadm gives to a certificate, by what it is for; null: it makes none of this name. */
export function kubeadmUsages(id: string): readonly string[] | null {
  if (id.endsWith('.conf')) return [CLIENT];
  return USAGES[id] ?? null;
}

/** etcd is a client of itself and of its peers. */
const USAGES: Record<string, readonly string[]> = {
  apiserver: [SERVER],
  'apiserver-etcd-client': [CLIENT],
  'apiserver-kubelet-client': [CLIENT],
  'etcd-healthcheck-client': [CLIENT],
  'etcd-peer': [SERVER, CLIENT],
  'etcd-server': [SERVER, CLIENT],
  'front-proxy-client': [CLIENT],
};
