import type { NodeFacts } from '../../domain/model/inventory.ts';

/** "cp-1: kubeadm control-plane node, v1.31.4" */
export function nodeLine({ name, distribution, role, version }: NodeFacts): string {
  if (distribution === null) return `${name}: neither kubeadm, K3s nor RKE2 was found`;
  const tool = { kubeadm: 'kubeadm', k3s: 'K3s', rke2: 'RKE2' }[distribution];
  const kind = [tool, role ?? '', role === 'server' || role === 'agent' ? '' : 'node'].filter((word) => word !== '');
  return `${name}: ${kind.join(' ')}${version === null ? '' : `, ${version}`}`;
}
