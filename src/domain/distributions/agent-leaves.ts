import type { ObservedCertificate } from '../model/inventory.ts';
import { keepsProxyLeaves } from './server-leaves.ts';

const KUBELETS = /\/agent\/(client|serving)-kubelet\.crt$/;
const PROXIES = /\/agent\/client-(kube-proxy|(k3s|rke2)-controller)\.crt$/;

/**
 * An agent, on servers too, fetches new certificates at each start, however long the previous ones are valid (measured on
 * v1.36.3: all four). Where the server still keeps those of kube-proxy and of the controller, the agent's are copies of them.
 */
export function renewedAtEveryStart({ place }: Pick<ObservedCertificate, 'place'>, version: string | null): boolean {
  if (KUBELETS.test(place.path)) return true;
  return PROXIES.test(place.path) && keepsProxyLeaves(version) === false;
}
