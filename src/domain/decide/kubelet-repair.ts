import type { Inventory } from '../model/inventory.ts';
import type { Draft } from '../plan/draft.ts';

/** A new client certificate for a kubelet that has lost its own; `isDown`: it does not run. */
export type KubeletRepair = { ids: string[]; why: string; isDown: boolean };

/** As `repairsKubelet`, of a draft. */
export function draftRepairsKubelet({ renewed, inventory }: Pick<Draft, 'renewed' | 'inventory'>): boolean {
  return repairsKubelet(
    renewed.map(({ id }) => id),
    inventory,
  );
}

/** Whether a plan for these certificates makes a new kubelet.conf: kubeadm renews none of the kubelet's. */
export function repairsKubelet(ids: string[], { certificates }: Pick<Inventory, 'certificates'>): boolean {
  const kubelets = certificates.filter(({ owner }) => owner === 'kubelet').map(({ id }) => id);
  return ids.length > 0 && ids.every((id) => kubelets.includes(id));
}
