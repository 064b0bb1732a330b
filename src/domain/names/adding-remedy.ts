import { reloadsByItself } from '../distributions/kubernetes-version.ts';
import { labelOf } from '../distributions/names.ts';
import type { KubeadmApiServer } from '../model/api-server-facts.ts';
import type { Inventory } from '../model/inventory.ts';
import { isConfigured } from './added-names.ts';
import type { MissingNames } from './api-server-names.ts';
import { shownSan } from './san.ts';

/** How a person adds the names that a certificate of the API server lacks, as commands for this node. */
export function addingRemedy(missing: MissingNames, inventory: Inventory): string {
  const { apiServer } = inventory.preconditions;
  if (apiServer?.by !== 'manifest') return restart(inventory);
  if (missing.observed.owner === 'external-ca')
    return 'Set renew.sans = true, which puts these names into new requests; then: certagent csr --new apiserver, have the CA sign the request, certagent install FILES.';
  return kubeadmRemedy(missing, apiServer, inventory);
}

function restart({ node, preconditions: { unit, hazards } }: Inventory): string {
  const first = hazards.length === 0 ? ':' : '. First do what the alert RESTART_HAZARD says; then:';
  const label = labelOf(node.distribution!);
  return `${label} adds them at its next start${first} systemctl restart ${unit?.name ?? node.distribution}`;
}

function kubeadmRemedy({ names }: MissingNames, apiServer: KubeadmApiServer, inventory: Inventory): string {
  const { config } = apiServer;
  if (config !== null && config.problem !== null)
    return `${config.path}, which renew.kubeadm_config names, ${config.problem}: correct it first.`;
  const file = config?.path ?? OWN_FILE;
  const unlisted = names.filter(({ san }) => config === null || !isConfigured(config, san));
  return [
    ...(config === null ? [`Write down the cluster's configuration: ${fetching(inventory)}`] : []),
    ...(unlisted.length === 0
      ? []
      : [
          `Add to apiServer.certSANs in ${file}: ${unlisted.map(({ san }) => shownSan(san).replace(/^[A-Z]+:/, '')).join(', ')}`,
        ]),
    `By hand, now: ${making(file, inventory)}`,
    config === null
      ? `Or have certagent add them at the next renewal: renew.kubeadm_config = "${file}", renew.sans = true`
      : 'Or have certagent add them at the next renewal: renew.sans = true',
  ]
    .map((sentence) => `${sentence}.`)
    .join(' ');
}

/** Where a person keeps what the cluster holds in a ConfigMap. */
const OWN_FILE = '/etc/kubernetes/kubeadm.yaml';

function fetching({ node: { paths } }: Inventory): string {
  return `kubectl --kubeconfig ${paths.adminKubeconfig} -n kube-system get cm kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' > ${OWN_FILE}`;
}

/** kubeadm leaves a pair alone that is there, whatever names it has (measured on v1.36). */
function making(file: string, { node: { paths }, preconditions: { components } }: Inventory): string {
  const { certificatesDir } = paths;
  const apiserver = components.find(({ name }) => name === 'kube-apiserver');
  const restarted = reloadsByItself(apiserver?.version ?? null)
    ? ''
    : '; then restart the kube-apiserver (change an annotation in its manifest)';
  return `mkdir -m 700 /root/apiserver-before && mv ${certificatesDir}/apiserver.crt ${certificatesDir}/apiserver.key /root/apiserver-before/ && kubeadm init phase certs apiserver --config ${file}${restarted}`;
}
