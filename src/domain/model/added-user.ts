import type { Instant } from './certificate.ts';
import type { NodeFacts } from './inventory.ts';

export const USER_SCHEMA = 'certagent.user/v1';

/** What `certagent user add` asks for; what is left out is as configured, or as usual. */
export type UserAddRequest = {
  user: string;
  groups?: string[];
  expires?: number;
  kubeconfig?: string;
  approve: boolean;
};

/** What `certagent user add -o json` prints. */
export type UserAddReport = {
  schema: typeof USER_SCHEMA;
  at: Instant;
  node: NodeFacts;
  user: string;
  groups: string[];
  kubeconfig: string;
  /** Account of the node that owns the file. */
  account: string;
  result: 'created' | 'updated' | 'waiting';
  /** null while it waits. */
  notAfter: Instant | null;
  /** The request in the cluster while it waits. */
  request: { name: string; since: Instant; approved: boolean } | null;
  /** Whether the configuration has it, so that it is renewed. */
  renewed: boolean;
};
