import type { Expectation } from '../../model/expectation.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Has the running K3s sign the certificates of its own agent again, each for the key that it has. It knows the node by the client
 * certificate of the kubelet and by the node's password.
 */
export type FetchLeavesStep = {
  kind: 'fetch-leaves';
  /** `resource`: the last part of the path by which the server signs it. */
  leaves: { resource: string; expect: Expectation }[];
  /** Its address, as "https://127.0.0.1:6443". */
  server: string;
  /** Path of the CA that has signed the server's certificate. */
  ca: string;
  client: { certificatePath: string; keyPath: string };
  password: string;
  /** Name of the Node, and its addresses, which the kubelet's serving certificate names. */
  node: string;
  addresses: string[];
  limit: number;
  /**
   * The server is another machine, which can be away for a moment: it is asked until `limit` has passed. Each client certificate is
   * tried at the API server of this kubeconfig before the first takes its place. Left out: it is this node's own.
   */
  elsewhere?: { kubeconfig: string };
};

export const fetchLeaves: StepRule<FetchLeavesStep> = {
  describe: ({ leaves, server, elsewhere }) =>
    `have ${server.replace(/^https:\/\//, '')} sign ${leaves.map(({ expect }) => expect.id).join(', ')} again, for the same keys${elsewhere === undefined ? '' : ', and try them before they take their places'}`,
  onFailure: 'roll-back',
  changes: 'certificates',
  // Files are replaced one by one, each as a whole.
  isLeftAtOnce: ({ elsewhere }) => elsewhere !== undefined,
};
