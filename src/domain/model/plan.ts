import type { Certificate, Instant } from './certificate.ts';
import type { ComponentName, Distribution, Endpoint } from './inventory.ts';

/** The HTTP(S) health check of a component: as its manifest's probe says, or K3s's `/readyz`. */
export type HealthCheck = { scheme: 'http' | 'https'; host: string; port: number; path: string };

/** What a renewed certificate is measured against: the one it replaces. */
export type Expectation = {
  id: string;
  /** PEM file, `dynamic-cert.json` or kubeconfig (the user's certificate is meant). */
  path: string;
  /** Where the private key is; the same as `path` in a kubeconfig or dynamic-cert.json. */
  keyPath: string;
  /** Path of the CA certificate that must have signed it; null when unknown. */
  caPath: string | null;
  old: Pick<Certificate, 'serial' | 'notAfter' | 'sans' | 'usages' | 'subject'> | null;
};

/** An endpoint and the file whose leaf certificate it should serve. */
export type ServedExpectation = Endpoint & {
  path: string;
  /** Certificate and key to connect with; only a server that speaks no TLS 1.3 asks for them before it shows its own. */
  client?: { certificatePath: string; keyPath: string };
};

/**
 * One step, complete: nothing is left to choose while it runs, beyond "do it unless it is already so". Paths are the
 * node's own, times are limits in milliseconds.
 */
export type Step =
  | { kind: 'backup'; directory: string; files: string[]; directories: string[] }
  /** `argv` is what follows the program's name; `writes` are the files kubeadm overwrites for this name. */
  | { kind: 'kubeadm-renew'; name: string; argv: string[]; writes: string[]; expect: Expectation; limit: number }
  | { kind: 'verify-files'; expect: Expectation[] }
  /** Asks etcd what it serves and cycles it only when that is not the file. */
  | { kind: 'cycle-unless-served'; endpoints: ServedExpectation[]; patience: number; cycle: CycleStep }
  | CycleStep
  | { kind: 'verify-served'; endpoints: ServedExpectation[]; limit: number }
  | { kind: 'restart-unit'; unit: string; limit: number }
  /** The health check is asked with the credentials of `kubeconfig` (K3s answers `/readyz` to nobody else). */
  | { kind: 'await-ready'; unit: string; health: HealthCheck | null; kubeconfig: string | null; limit: number }
  /** K3s renews what 6443 serves only some 30 seconds after its start and only if somebody connects. */
  | { kind: 'await-listener'; endpoint: Endpoint; expect: Expectation; limit: number };

export type CycleStep = {
  kind: 'cycle';
  component: ComponentName;
  manifest: string;
  method: 'annotate' | 'move';
  /** Arguments the component's process carries: they tell it from other clusters' processes on the same node. */
  processArguments: string[];
  health: HealthCheck | null;
  limit: number;
};

export type RenewalPlan = {
  id: string;
  createdAt: Instant;
  distribution: Distribution;
  /** Ids of the certificates it renews. */
  certificates: string[];
  why: string;
  /** When true the old certificates are of no use any more (expired): a failure keeps the new ones. */
  oldExpired: boolean;
  steps: Step[];
};
