import type { KubeadmApiServer, KubeadmConfig } from '../../domain/model/api-server-facts.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import type { NodePaths } from '../../domain/model/inventory.ts';
import { clusterConfiguration } from '../../host/kubeadm-config.ts';
import { currentEntries, parseKubeconfig } from '../../host/kubeconfig.ts';
import type { Root } from '../../host/root.ts';
import { record, text } from '../node-files.ts';
import type { StaticPod } from '../static-pod-manifest.ts';

/**
 * By which names this node's API server is reached. null where its manifest is not known, and where it serves another file than
 * kubeadm's, or several.
 */
export async function kubeadmApiServer(
  root: Root,
  { pods, paths }: { pods: StaticPod[]; paths: NodePaths },
  kubeadmConfig: string | null,
): Promise<KubeadmApiServer | null> {
  const pod = pods.find(({ component }) => component === 'kube-apiserver');
  if (pod === undefined || pod.flags.has('tls-sni-cert-key')) return null;
  if (pod.flags.get('tls-cert-file') !== `${paths.certificatesDir}/apiserver.crt`) return null;
  return {
    by: 'manifest',
    manifest: pod.manifest,
    advertiseAddress: pod.flags.get('advertise-address') ?? null,
    serviceRange: pod.flags.get('service-cluster-ip-range') ?? null,
    servers: await serversOf(root, paths),
    config: kubeadmConfig === null ? null : await readConfig(root, kubeadmConfig),
  };
}

/** Those in which kubeadm writes its controlPlaneEndpoint; controller manager and scheduler connect to their own node. */
const KUBECONFIGS = ['admin.conf', 'super-admin.conf', 'kubelet.conf'];

async function serversOf(root: Root, { kubeconfigDir }: NodePaths): Promise<KubeadmApiServer['servers']> {
  const found = KUBECONFIGS.map(async (name) => {
    const path = `${kubeconfigDir}/${name}`;
    const content = await text(root, path);
    const url = content === null ? null : serverOf(content);
    return url === null ? [] : [{ path, url }];
  });
  return (await Promise.all(found)).flat();
}

/** Of the current context. What cannot be read is a finding elsewhere. */
function serverOf(content: string): string | null {
  try {
    return currentEntries(parseKubeconfig(content))?.cluster.server ?? null;
  } catch {
    return null;
  }
}

async function readConfig(root: Root, path: string): Promise<KubeadmConfig> {
  const content = await text(root, path);
  if (content === null) return { path, problem: 'does not exist, or cannot be read' };
  try {
    const config = clusterConfiguration(content);
    const { certSANs } = record(config.apiServer) ?? {};
    return {
      path,
      problem: null,
      controlPlaneEndpoint: word(config.controlPlaneEndpoint),
      certSANs: (Array.isArray(certSANs) ? certSANs : []).flatMap((san) => word(san) ?? []),
      dnsDomain: word(record(config.networking)?.dnsDomain),
    };
  } catch (error) {
    return { path, problem: error instanceof CertagentError ? error.message : 'cannot be read' };
  }
}

const word = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
