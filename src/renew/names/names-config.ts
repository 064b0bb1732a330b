import { has, sanOf } from '../../domain/names/san.ts';
import type { AddNamesStep } from '../../domain/plan/steps/add-names.ts';
import { clusterConfiguration } from '../../host/kubeadm-config.ts';
import { isRecord } from '../../host/kubeconfig-types.ts';
import { yamlTextOf } from '../../host/yaml.ts';

/**
 * A configuration with which kubeadm makes the certificate in `directory`: the operator's ClusterConfiguration, with this node's
 * own values where kubeadm would guess them, and every name that the certificate must have. Nothing else of the operator's file is in it:
 * an InitConfiguration can hold tokens. Throws CertagentError BAD_YAML.
 */
export function namesConfig(text: string, directory: string, step: AddNamesStep): string {
  const cluster = clusterConfiguration(text);
  const { apiServer, networking, apiVersion } = cluster;
  const listed = isRecord(apiServer) && Array.isArray(apiServer.certSANs) ? apiServer.certSANs : [];
  const sans = step.expect.old?.sans ?? [];
  const given = sans.map((san) => san.replace(/^(DNS|IP):/, ''));
  const others = listed.filter((one) => !has(sans, sanOf(String(one)) ?? ''));
  const { serviceRange } = step;
  const documents = [
    {
      ...cluster,
      certificatesDir: directory,
      // Without one kubeadm asks a server on the internet for the latest.
      kubernetesVersion: step.version,
      apiServer: { ...(isRecord(apiServer) ? apiServer : {}), certSANs: [...others, ...given] },
      networking: {
        ...(isRecord(networking) ? networking : {}),
        ...(serviceRange === null ? {} : { serviceSubnet: serviceRange }),
      },
    },
    {
      apiVersion,
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: step.advertiseAddress },
      nodeRegistration: { name: step.node },
    },
  ];
  return documents.map(yamlTextOf).join('---\n');
}
