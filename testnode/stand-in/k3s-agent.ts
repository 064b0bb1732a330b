import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { k3sAgentLeaves } from '../k3s-certificates.ts';
import type { NodeRecord } from '../options.ts';
import { readFaults } from '../options.ts';
import { isLongRunning, renewIfDue } from './k3s-leaves.ts';
import { until } from './process.ts';

/**
 * What an agent does at every start: it fetches new kubelet certificates for the same keys. Simplified: the
 * server is a pair of CAs kept outside of the agent's tree, and renews the other two as its own start would.
 */
export async function prepareAgent(root: string, node: NodeRecord): Promise<void> {
  // Without its server the start does not end, and there is no kubelet.
  await until(() => !readFaults(root).serverAway, Number.POSITIVE_INFINITY);
  for (const leaf of k3sAgentLeaves(node)) {
    const path = join(root, 'run/demo/server-ca', leaf.ca.slice(leaf.ca.lastIndexOf('/') + 1));
    const ca = { certificatePem: readFileSync(`${path}.crt`, 'utf8'), keyPem: readFileSync(`${path}.key`, 'utf8') };
    const fetched = leaf.ofServer === undefined;
    await renewIfDue(root, node, leaf, ca, { always: fetched && !isLongRunning(root), keepKey: fetched });
  }
}
