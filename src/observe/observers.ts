import type { Distribution } from '../domain/distributions/names.ts';
import { k3s } from './k3s/k3s.ts';
import { kubeadm } from './kubeadm/kubeadm.ts';
import type { Observer } from './observer.ts';
import { rke2 } from './rke2/rke2.ts';

/** How each distribution is observed. Where two leave the same number of traces, the first one runs the node. */
export const OBSERVERS: Record<Distribution, Observer> = { kubeadm, k3s, rke2 };
