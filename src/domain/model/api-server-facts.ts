/**
 * What the files of a node say by which names and addresses its API server is reached, as it is written there. Names that only the
 * network knows (addresses of its interfaces, virtual ones, what a load balancer is called) are not among them.
 */
export type ApiServerFacts = KubeadmApiServer | SupervisorApiServer;

export type KubeadmApiServer = {
  by: 'manifest';
  /** The manifest, with its `--advertise-address` and `--service-cluster-ip-range`. */
  manifest: string;
  advertiseAddress: string | null;
  serviceRange: string | null;
  /** The servers of the node's kubeconfigs, as URLs. */
  servers: { path: string; url: string }[];
  /** Of the file in `renew.kubeadm_config`; null: that is not set. */
  config: KubeadmConfig | null;
};

export type KubeadmConfig = { path: string; problem: string } | ReadKubeadmConfig;

export type ReadKubeadmConfig = {
  path: string;
  problem: null;
  controlPlaneEndpoint: string | null;
  certSANs: string[];
  dnsDomain: string | null;
};

/** K3s and RKE2 add all that their settings say at their next start. */
export type SupervisorApiServer = {
  by: 'supervisor';
  /** Ids of the certificates that must have them. */
  certificates: string[];
  /** Each with the option that says it. */
  named: { value: string; option: string }[];
};
