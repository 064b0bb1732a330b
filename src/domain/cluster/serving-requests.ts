/** A request of this node's kubelet for a serving certificate that nobody has approved or denied. */
export type ServingRequest = { name: string; createdAt: string };

/** Who signs what the kubelet serves; kubelets that have `serverTLSBootstrap` ask for it. */
export const SERVING_SIGNER = 'kubernetes.io/kubelet-serving';

/** Names in the order in which they were made: the newest is the one that the kubelet waits for. */
export function requestsInWords(requests: ServingRequest[]): { text: string; remedy: string } {
  const newest = requests.at(-1)!.name;
  return {
    text: `The kubelet has asked for a serving certificate, and nobody has approved it: ${newest}${requests.length > 1 ? ` (and ${requests.length - 1} older)` : ''}.`,
    remedy: `An administrator of the cluster has to approve it, or a controller that approves such requests; certagent approves nothing. See who asks for which addresses: kubectl describe csr ${newest}. If they are this node's: kubectl certificate approve ${newest}`,
  };
}
