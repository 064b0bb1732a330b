import { isKubeletClient } from '../decide/ownership.ts';
import type { KubeadmApiServer, ReadKubeadmConfig } from '../model/api-server-facts.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { everyName, KUBEADM_APISERVER, missingNames } from './api-server-names.ts';
import { covers, has, hostOf, sanOf } from './san.ts';

/** Whether kubeadm puts it into a certificate because its configuration says so. */
export function isConfigured({ controlPlaneEndpoint, certSANs }: ReadKubeadmConfig, san: string): boolean {
  const values = [...certSANs, ...(controlPlaneEndpoint === null ? [] : [hostOf(controlPlaneEndpoint)])];
  return covers(
    values.flatMap((value) => sanOf(value) ?? []),
    san,
  );
}

/** What a renewal adds to kubeadm's apiserver.crt, or why it cannot. */
export type Addition = { observed: ObservedCertificate; missing: string[] } & (
  | { why: string }
  | {
      why: null;
      /** All that the new one has and the previous one has not: what is missing, and what kubeadm adds anyway. */
      added: string[];
      config: string;
      version: string;
      /** In the cluster. */
      node: string;
      advertiseAddress: string;
      serviceRange: string | null;
    }
);

/** null: it lacks no name. */
export function additionTo(inventory: Inventory): Addition | null {
  const { apiServer, tool } = inventory.preconditions;
  const lacking = missingNames(inventory).find(({ observed }) => observed.id === KUBEADM_APISERVER);
  if (apiServer?.by !== 'manifest' || lacking === undefined) return null;
  const { observed } = lacking;
  const { config, advertiseAddress, serviceRange } = apiServer;
  const missing = lacking.names.map(({ san }) => san);
  const no = (why: string): Addition => ({ observed, missing, why });
  if (config === null) return no("renew.kubeadm_config does not name the cluster's kubeadm configuration file");
  if (config.problem !== null) return no(`${config.path} (renew.kubeadm_config) ${config.problem}`);
  if (advertiseAddress === null) return no(`${apiServer.manifest} does not say --advertise-address`);
  const version = tool?.version ?? null;
  if (version === null) return no('the version of kubeadm is not known');
  const node = nodeName(inventory);
  if (node === null) return no("the kubelet's certificate does not say which node this is");
  const other = observed.certificate.sans.find((san) => sanOf(san.replace(/^(DNS|IP):/, '')) === null);
  if (other !== undefined) return no(`it has a name that kubeadm cannot make: ${other}`);
  const added = namesMade(apiServer, node).filter((san) => !has(observed.certificate.sans, san));
  return { observed, missing, why: null, added, config: config.path, version, node, advertiseAddress, serviceRange };
}

/** What kubeadm puts into a new certificate besides the names that it is given. */
function namesMade(apiServer: KubeadmApiServer, node: string): string[] {
  return [...new Set([...everyName(apiServer).map(({ san }) => san), sanOf(node)!])];
}

/** `node.name` of the configuration can be another name, for people. */
function nodeName({ certificates }: Inventory): string | null {
  const names = new Set(certificates.filter(isKubeletClient).map(({ certificate }) => String(certificate.commonName)));
  const [, name = ''] = names.size === 1 ? (/^system:node:(.+)$/.exec([...names].join()) ?? []) : [];
  return sanOf(name) === null ? null : name;
}
