import type { ComponentHealth } from '../model/inventory.ts';
import type { DistributionRules, RoleRules } from './distribution.ts';
import { USUAL_SLOT } from './in-cluster.ts';
import { kubeadmBlockers } from './kubeadm-blockers.ts';
import { kubeadmChecks } from './kubeadm-checks.ts';
import { defaultsUsed } from './kubeadm-defaults.ts';
import { kubeletConf, kubeletRemedy, kubeletRepair, relink } from './kubeadm-kubelet.ts';
import { ETCD_CLIENTS, installingSteps, kubeadmSteps, restoringSteps } from './kubeadm-plan.ts';
import { kubeadmRehearsing } from './kubeadm-rehearsal.ts';
import { kubeadmUsages } from './kubeadm-usages.ts';
import { kubeadmWarnings } from './kubeadm-warnings.ts';
import { reloadsByItself } from './kubernetes-version.ts';
import { KUBEADM, type RoleOf } from './names.ts';

/** A kubelet that does not run cannot restart a static pod: no expired certificate excuses it. */
const RELIES_ON: Record<string, ComponentHealth['name'][]> = {
  etcd: ['etcd'],
  'kube-apiserver': ['kube-apiserver', 'etcd'],
  'kube-controller-manager': ['kube-controller-manager', 'kube-apiserver', 'etcd'],
  'kube-scheduler': ['kube-scheduler', 'kube-apiserver', 'etcd'],
};

/** `kubeadm certs renew` writes new certificates; the kubelet runs the control plane as static pods. */
export const kubeadm: DistributionRules & { roles: Record<RoleOf<'kubeadm'>, RoleRules> } = {
  roles: {
    'control-plane': { unit: 'kubelet', tool: KUBEADM, followsServers: false, takesTurns: true },
    worker: { unit: 'kubelet', tool: null, followsServers: false, takesTurns: false },
  },
  cluster: {
    slot: USUAL_SLOT,
    api: { endpoint: 'kube-apiserver', ca: ({ certificatesDir }) => `${certificatesDir}/ca.crt` },
    kubeletConf: (paths) => kubeletConf({ paths }),
  },
  kubeletCertificates: ['kubelet-client', 'kubelet.conf'],
  clientAuthorities: ({ certificatesDir }) => [`${certificatesDir}/ca.crt`],
  clientCertificates: ETCD_CLIENTS,
  reliesOn: (component) => RELIES_ON[component] ?? [],
  // Scheduler and controller-manager keep the credentials they started with. The kube-apiserver keeps the kubelet client
  // certificate of its open connections before v1.27 (measured on v1.22). etcd loads everything by itself.
  readAtStart: ({ components }) => [
    ...(components.some(({ name, version }) => name === 'kube-apiserver' && reloadsByItself(version))
      ? []
      : ['apiserver-kubelet-client']),
    'controller-manager.conf',
    'scheduler.conf',
  ],
  restartWindow: () => null,
  renewsWithin: () => Number.POSITIVE_INFINITY,
  renewedAtEveryStart: () => false,
  renewsSingly: true,
  brokenKeys: ['differs', 'unreadable', 'missing'],
  checks: kubeadmChecks,
  blockers: kubeadmBlockers,
  kubelet: { conf: kubeletConf, repair: kubeletRepair, remedy: kubeletRemedy, relink },
  rehearsing: kubeadmRehearsing,
  refuseForce: () => null,
  warnings: kubeadmWarnings,
  remarks: defaultsUsed,
  steps: kubeadmSteps,
  install: { steps: installingSteps, usages: kubeadmUsages },
  restore: { steps: restoringSteps },
};
