/** 64: the longest common name (X.520). No characters that a name in a certificate, a shell or a kubeconfig would need quotes for. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._@:/+-]{0,63}$/;
/** What Kubernetes and kubeadm keep for themselves: their bindings give more than a user should have. */
const RESERVED = /^(system|kubeadm):/i;

/** Why certagent requests no certificate for this user or this group; null: it does. */
export function whyNotRequested(name: string): string | null {
  if (RESERVED.test(name)) return 'belongs to Kubernetes itself: certagent requests no certificate for it';
  return PLAIN.test(name)
    ? null
    : 'is not a plain name: letters, digits and . _ @ : / + - (a letter or a digit first), at most 64';
}

/** Of the CertificateSigningRequest for this key: the same key has the same name, so that a request is not made twice. */
export function requestName(user: string, publicKey: string): string {
  const plain = user
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/-$/, '');
  return `certagent-${plain}-${publicKey.slice(0, 16)}`;
}

/** How a person approves a request for a user's certificate: nodes may have no kubectl. */
export function approvalOf(name: string, user: string): string {
  return `kubectl certificate approve ${name}, or on this node: certagent user add ${user} --approve`;
}
