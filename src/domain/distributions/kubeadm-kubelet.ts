import { expires } from '../decide/certificate-check.ts';
import type { KubeletRepair } from '../decide/kubelet-repair.ts';
import { isKubeletClient } from '../decide/ownership.ts';
import type { Instant } from '../model/certificate.ts';
import type { Policy } from '../model/decision.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { minorOf } from './kubernetes-version.ts';

/**
 * A kubelet whose client certificates have all expired: no API server accepts its request for a new one, and it exits when
 * it starts. `user` is the name in them, `conf` the kubeconfig that kubeadm made for it.
 */
type LostKubelet = { clients: [ObservedCertificate, ...ObservedCertificate[]]; user: string; conf: string };

/** null: it is not lost, or its certificates do not say with one voice which node it is. */
function lostKubelet({ node, certificates }: Inventory, now: Instant): LostKubelet | null {
  const [first, ...others] = certificates.filter(isKubeletClient);
  const user = first?.certificate.commonName ?? '';
  if (first === undefined || !NODE_USER.test(user)) return null;
  const clients: LostKubelet['clients'] = [first, ...others];
  const areLost = clients.every(({ certificate }) => certificate.commonName === user && certificate.notAfter < now);
  return areLost ? { clients, user, conf: kubeletConf(node) } : null;
}

/** Why certagent cannot make a new kubelet.conf itself; null: it can. */
function whyNotRepaired(
  { clients, conf }: LostKubelet,
  { node, certificates, findings, preconditions: { caKeys, kubelet } }: Inventory,
  now: Instant,
): string | null {
  if (node.role !== 'control-plane') return 'the key of the CA is not on this node';
  const ca = certificates.find(({ id, place }) => id === clients[0].issuance.ca && place.index === 0);
  if (ca === undefined || clients.some(({ issuance }) => issuance.state !== 'signed' || issuance.ca !== ca.id))
    return 'the first CA on this node did not sign the previous certificate';
  if (ca.certificate.notAfter < now) return `the CA ${ca.id} has expired`;
  if (!caKeys.some((key) => key.ca === ca.id && key.state === 'present'))
    return `the key of the CA ${ca.id} is not on this node`;
  if (node.missing.includes(conf) || findings.some(({ path }) => path === conf))
    return `${conf}, which names the API server, cannot be read`;
  if (kubelet === undefined) return 'the settings of the kubelet are not known';
  if (kubelet.kubeconfig !== null && kubelet.kubeconfig !== conf)
    return `the kubelet uses ${kubelet.kubeconfig}, not ${conf}`;
  if (kubelet.bootstrap !== null) return `${kubelet.bootstrap} exists, with which the kubelet may bootstrap itself`;
  return null;
}

/** A new kubelet.conf, where the policy asks for it and nothing speaks against it. */
export function kubeletRepair(
  inventory: Inventory,
  policy: Pick<Policy, 'kubelet'>,
  now: Instant,
): KubeletRepair | null {
  const lost = policy.kubelet ? lostKubelet(inventory, now) : null;
  if (lost === null || whyNotRepaired(lost, inventory, now) !== null) return null;
  return {
    ids: lost.clients.map(({ id }) => id),
    why: `the client certificate of the kubelet ${expires(lost.clients[0], now)}, and the kubelet cannot renew it any more`,
    isDown: inventory.preconditions.components.some(({ name, healthy }) => name === 'kubelet' && !healthy),
  };
}

/** What a person can do about an expired one, as commands; null where certagent does not know the kubelet's name. */
export function kubeletRemedy(inventory: Inventory, policy: Pick<Policy, 'kubelet'>, now: Instant): string | null {
  const lost = lostKubelet(inventory, now);
  if (lost === null) return rotationRemedy(inventory, now);
  const { conf } = lost;
  const make = (file: string) =>
    `(umask 077; kubeadm ${kubeconfigCommand(lost.user).join(' ')}${configFlag(inventory)} > ${file})`;
  const use = `sed -i "s|server:.*|$(grep -m1 -o 'server:.*' ${conf})|" ${conf}.new && mv ${conf}.new ${conf} && systemctl restart kubelet`;
  if (inventory.node.role !== 'control-plane')
    return `On a control-plane node, run: ${make('kubelet.conf.new')}. Copy that file to ${conf}.new on this node, with mode 0600, and run here: ${use}`;
  const byHand = `${make(`${conf}.new`)} && ${use}`;
  const why = whyNotRepaired(lost, inventory, now);
  if (why !== null) return `certagent does not make a new ${conf}: ${why}. Once that is settled, run: ${byHand}`;
  return policy.kubelet
    ? `certagent makes a new ${conf} (renew.kubelet = true). By hand: ${byHand}`
    : `Run: ${byHand}. With renew.kubelet = true certagent does this by itself.`;
}

/** What a person can do while the kubelet can still ask for a new one; null: it may not be able to. */
function rotationRemedy({ certificates, node, preconditions }: Inventory, now: Instant): string | null {
  const { kubelet, unit, caKeys } = preconditions;
  if (certificates.filter(isKubeletClient).some(({ certificate }) => certificate.notAfter < now)) return null;
  const name = unit?.name ?? 'kubelet';
  // kubeadm gives its controller-manager no key then (v1.36: `--cluster-signing-key-file=`).
  if (node.role === 'control-plane' && !caKeys.some(({ ca, state }) => ca === 'ca' && state !== 'missing'))
    return `The key of the CA is not on this node, and kubeadm's kube-controller-manager then signs no requests (see --cluster-signing-key-file in its manifest): they stay without a certificate, which kubectl get csr shows, unless another program signs them. Before the certificate expires: make a request and a key with kubeadm certs generate-csr in a directory of its own (kubelet.conf.csr), have the CA sign it for this node's name, put the result in place of ${kubeletConf(node)}, and restart ${name}.`;
  return kubelet?.rotationOffIn === undefined
    ? `See what the kubelet says: journalctl -u ${name} | grep -i certificate. On a control-plane node, kubectl get csr shows its requests: the kube-controller-manager approves and signs them. To have the kubelet ask again at once: systemctl restart ${name}`
    : `Set rotateCertificates: true in ${kubelet.rotationOffIn}; the kubelet then asks for a new certificate at its start: systemctl restart ${name}`;
}

/** What a person can do where the link to its rotated certificate is missing, as kubeadm documents it ("Kubelet client certificate rotation fails"). */
export function relink(path: string, node: string): string {
  const files = path.replace(/current\.pem$/, '*.pem');
  return `The kubelet does not start again without ${path}: link it to the newest ${files} that is still valid (ln -sfn) and restart the kubelet. Where there is none: on a control-plane node, run kubeadm ${kubeconfigCommand(`system:node:${node}`).join(' ')}, put the result in place of this node's kubelet.conf and restart the kubelet.`;
}

/** As https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/troubleshooting-kubeadm/#kubelet-client-cert says. */
export function kubeconfigCommand(user: string): string[] {
  return ['kubeconfig', 'user', '--org', NODE_GROUP, '--client-name', user];
}

export const NODE_GROUP = 'system:nodes';

export function kubeletConf({ paths }: Pick<Inventory['node'], 'paths'>): string {
  return `${paths.kubeconfigDir}/kubelet.conf`;
}

/** Names of nodes are DNS subdomains. What else a certificate says must not become a part of a command. */
const NODE_USER = /^system:node:[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;

/** Before v1.29 kubeadm requires its configuration here. */
function configFlag({ node }: Inventory): string {
  return (minorOf(node.version) ?? 29) < 29 ? ' --config KUBEADM_CONFIGURATION' : '';
}
