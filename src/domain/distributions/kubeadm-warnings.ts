import { draftRepairsKubelet } from '../decide/kubelet-repair.ts';
import { lifetime } from '../model/certificate.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Draft } from '../plan/draft.ts';
import { isDefaultLifetime, KUBEADM_DEFAULTS } from './kubeadm-defaults.ts';
import { namesWarnings } from './kubeadm-names.ts';

/** kubeadm reads its configuration from the cluster, and uses its defaults where it cannot. */
export function kubeadmWarnings(draft: Draft): string[] {
  // The kubelet's own keys are EC, and it soon rotates what kubeadm gives it.
  if (draftRepairsKubelet(draft)) return [];
  const { inventory, settings, renewed } = draft;
  const why = settings.kubeadmConfig === null ? whyNotAsked(inventory) : null;
  const differ = renewed.some(
    ({ certificate }) => certificate.keyType !== KUBEADM_DEFAULTS.keyType || !isDefaultLifetime(lifetime(certificate)),
  );
  const names = namesWarnings(draft);
  if (why === null || !differ) return names;
  return [
    ...names,
    `kubeadm cannot read its configuration from the cluster (${why}) and would use its defaults: ${KUBEADM_DEFAULTS.keyType} keys, valid for one year, at least until admin.conf and apiserver are renewed. To keep other settings, set renew.kubeadm_config to the cluster's kubeadm configuration file before you renew.`,
  ];
}

function whyNotAsked({ certificates, preconditions, takenAt }: Inventory): string | null {
  const apiserver = preconditions.components.find(({ name }) => name === 'kube-apiserver');
  if (apiserver?.healthy !== true) return 'kube-apiserver does not answer';
  const [admin, serving] = ['admin.conf', 'apiserver'].map((id) => certificates.find((one) => one.id === id));
  if (admin === undefined) return 'admin.conf is missing';
  if (admin.certificate.notAfter < takenAt) return 'admin.conf has expired';
  return serving !== undefined && serving.certificate.notAfter < takenAt ? 'apiserver.crt has expired' : null;
}
