import type { Distribution } from '../domain/distributions/names.ts';
import type { Root } from '../host/root.ts';
import { hardWay } from './hard-way/hard-way.ts';
import { k0s } from './k0s/k0s.ts';
import { k3s } from './k3s/k3s.ts';
import { kubeadm } from './kubeadm/kubeadm.ts';
import { upgradeUnderWay } from './kubeadm/kubeadm-upgrade.ts';
import type { Observer } from './observer.ts';
import { rke2 } from './rke2/rke2.ts';

/** How each distribution is observed. Where two leave the same number of traces, the first one runs the node. */
export const OBSERVERS: Record<Distribution, Observer> = { kubeadm, k3s, rke2, k0s, 'hard-way': hardWay };

/** A program that changes a node of this distribution at this moment, in words for a person; null when there is none. */
export const UPGRADES: Record<Distribution, (root: Root) => Promise<string | null>> = {
  kubeadm: upgradeUnderWay,
  k3s: async () => null,
  rke2: async () => null,
  k0s: async () => null,
  'hard-way': async () => null,
};
