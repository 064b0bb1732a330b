/** What tells a static pod from all others: the kubelet notes its UID under these names. Paths are the node's own. */
export type PodIdentity = {
  namespace: string;
  name: string;
  containers: string[];
  /** A UID that its manifest gives; null: the kubelet makes one of the manifest's content. */
  uid: string | null;
  /** The kubelet's `podLogsDir`: `/var/log/pods`. */
  logsDir: string;
  /** The kubelet's `--root-dir`: `/var/lib/kubelet`. */
  rootDir: string;
};
