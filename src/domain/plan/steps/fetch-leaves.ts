import type { Expectation } from '../../model/expectation.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Has a server of K3s sign the certificates of this node's agent again, each for the key that it has. The server knows the node by
 * the client certificate of its kubelet and by the node's password.
 */
export type FetchLeavesStep = {
  kind: 'fetch-leaves';
  /** `resource`: the last part of the path by which the server signs it. */
  leaves: { resource: string; expect: Expectation }[];
  /** Addresses ("https://127.0.0.1:6443"), asked in this order until one answers. */
  servers: string[];
  /** Path of the CA that has signed the servers' certificates. */
  ca: string;
  client: { certificatePath: string; keyPath: string };
  password: string;
  /** Name of the Node, and its addresses, which the kubelet's serving certificate names. */
  node: string;
  addresses: string[];
  limit: number;
};

export const fetchLeaves: StepRule<FetchLeavesStep> = {
  describe: ({ leaves, servers }) =>
    `have ${servers.map((server) => server.replace(/^https:\/\//, '')).join(' or ')} sign ${leaves.map(({ expect }) => expect.id).join(', ')} again, for the same keys`,
  onFailure: 'roll-back',
  changes: 'certificates',
};
