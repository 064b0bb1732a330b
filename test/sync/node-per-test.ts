import { afterEach, before, beforeEach } from 'node:test';
import { kubeconfig, makeNode, makePki, type Pki, type SyncNode } from './fixture.ts';

/**
 * Gives each test of the suite that calls it a node of its own, all with one PKI. `old`: a kubeconfig with the certificate
 * that was just renewed.
 */
export function nodePerTest(take: (node: SyncNode, pki: Pki, old: string) => void): void {
  let pki: Pki;
  let node: SyncNode;
  before(async () => {
    pki = await makePki();
  });
  beforeEach(() => {
    node = makeNode(pki);
    take(node, pki, kubeconfig(pki.ca, pki.old));
  });
  afterEach(() => node.remove());
}
