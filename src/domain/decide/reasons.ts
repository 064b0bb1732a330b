/**
 * Why a certificate is not simply kept, and what forbids a renewal: every code with its meaning. Codes are stable, scripts
 * match on them. The order is the one in which blockers are listed; that of the checks is in checks.ts.
 */
export const REASONS = {
  // Nothing to do for this node's tool.
  FOLLOWS_LEAF: 'A CA certificate that is stored behind a leaf or in a kubeconfig: the CA itself is reported.',
  COPY_FOLLOWS: "A user's kubeconfig copy holds what the node holds, and is updated with it.",
  RENEWED_ELSEWHERE: "Another program than this node's tool renews the certificate.",
  // What a person has to do.
  NOT_YET_VALID: 'The certificate is not valid yet.',
  CA_EXPIRED: 'The CA has expired.',
  CA_ENDING: 'The CA expires within a year.',
  COPY_ENDING: "A user's kubeconfig copy holds a certificate that expires and is not the node's.",
  KUBELET_SERVING_ENDING: 'The kubelet signed its serving certificate itself and does not replace it.',
  KUBELET_NOT_ROTATING: 'The kubelet has not rotated its certificate in time.',
  EXTERNAL_CA: 'The certificate expires, and the key of its CA is not on this node.',
  OPERATOR_RENEWS: 'The certificate expires, and certagent only watches it.',
  OTHER_TOOL: 'The certificate expires and belongs to a distribution that does not run this node.',
  ISSUER_EXPIRED: 'The CA that signed the certificate has expired.',
  OUTLIVES_CA: 'The certificate is valid for as long as its CA or longer: a renewal does not help.',
  RESTART_PASSES_OVER: 'A restart did not renew the certificate, and another restart would not either.',
  // What waits, and what is renewed.
  K3S_OPENS_ABOVE_WINDOW: 'The renewal window is open, but a restart does not renew the certificate yet.',
  BACK_OFF: 'Earlier renewals failed or were too many: the next one waits.',
  MAINTENANCE_WINDOW: 'The renewal waits for the maintenance window.',
  EXPIRED: 'The certificate has expired.',
  URGENT: 'The certificate expires so soon that the renewal waits for no maintenance window.',
  DUE: 'The renewal window of the certificate is open.',
  FORCED: 'A person asked for the renewal of certificates that are not due.',
  GOES_ALONG: 'The certificate is not due, and is renewed with those that are.',
  // What forbids a renewal.
  K3S_OUTSIDE_WINDOW: 'A restart would renew nothing yet, whoever asks for it.',
  OBSERVE_MODE: 'certagent only observes this node (mode = "observe").',
  PLAN_UNFINISHED: 'An earlier renewal was neither finished nor undone.',
  CLOCK_DOUBTFUL: "This node's clock may be wrong.",
  UNIT_UNKNOWN: 'No systemd unit was found that runs this node.',
  UNIT_MISSING: 'systemd has not loaded the unit that runs this node.',
  UNIT_NOT_RUNNING: 'The unit that runs this node does not run, and not because a certificate has expired.',
  KUBEADM_MISSING: 'kubeadm was not found on this node.',
  KUBEADM_VERSION_UNKNOWN: 'kubeadm does not report its version.',
  UPGRADE_UNDER_WAY: 'An upgrade of this node is under way.',
  DISK_FULL: 'There is too little room for a backup and for new files.',
  CA_KEY_MISSING: 'The key of a CA that would sign is missing.',
  CA_KEY_UNREADABLE: 'The key of a CA that would sign cannot be read.',
  CA_KEY_DIFFERS: 'The key of a CA that would sign does not belong to its certificate.',
  UNREADABLE_CERTIFICATE: 'A certificate that a component needs to start cannot be read.',
  KEY_MISMATCH: 'A private key does not belong to its certificate, or cannot be read.',
  NOT_SIGNED_BY_CA: 'A certificate was not signed by the CA on this node.',
  CA_ROTATION_UNDER_WAY: 'A rotation of a CA is under way on this node.',
  COMPONENT_UNKNOWN: 'A component that must restart after a renewal has no static-pod manifest.',
  COMPONENT_UNHEALTHY: 'A component is not healthy, and not because a certificate has expired.',
  K3S_CA_MISSING: 'A CA certificate is missing: a restart would make a new CA.',
  K3S_CA_KEY_MISSING: 'The key of a CA is missing: a restart would make a new CA.',
  K3S_CA_UNPARSABLE: 'A CA certificate or its key cannot be read.',
  K3S_CA_KEY_MISMATCH: 'The key of a CA does not belong to its certificate.',
  K3S_LEAF_GARBAGE: 'A certificate is broken, and a restart would keep it so.',
  K3S_LEAF_UNWRITABLE: 'A certificate cannot be written, and a restart would fail.',
  K3S_KUBECONFIG_UNWRITABLE: "The administrator's kubeconfig cannot be written, and a restart would fail.",
} as const satisfies Record<string, string>;

export type ReasonCode = keyof typeof REASONS;
