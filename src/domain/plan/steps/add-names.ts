import type { Expectation } from '../../model/expectation.ts';
import { shownSan } from '../../names/san.ts';
import type { StepRule } from './step-rule.ts';

/**
 * Makes the API server's certificate with more names than the previous one has: `certs renew` copies these, so kubeadm's own
 * phase makes it in a directory of its own, with the operator's configuration. What comes out is checked, then put in place of the pair.
 */
export type AddNamesStep = {
  kind: 'add-names';
  /** The operator's file with the ClusterConfiguration. */
  config: string;
  /** What is set in a copy of it, as this node has it. */
  version: string;
  node: string;
  advertiseAddress: string;
  /** null: as the file says. */
  serviceRange: string | null;
  /** Of the CA, which kubeadm reads there. */
  certificatesDir: string;
  names: string[];
  /** Its previous names are those of the certificate and the new ones: none may be lost. */
  expect: Expectation;
  limit: number;
};

export const addNames: StepRule<AddNamesStep> = {
  describe: ({ expect, names, config }) =>
    `make ${expect.path} with kubeadm init phase certs apiserver and ${config}, adds names: ${names.map(shownSan).join(', ')}`,
  // The next step then renews it with its previous names: a name that is missing is better than a certificate that expires.
  onFailure: 'continue',
  changes: 'certificates',
};
