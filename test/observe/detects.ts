import type { Distribution } from '../../src/domain/distributions/names.ts';
import { Root } from '../../src/host/root.ts';
import { listUnits } from '../../src/host/unit-files.ts';
import { OBSERVERS } from '../../src/observe/observers.ts';

/** Roles in which the observer of one distribution finds a node. */
export async function detectsIn(directory: string, distribution: Distribution): Promise<string[]> {
  const root = new Root(directory);
  return (await OBSERVERS[distribution](root, await listUnits(root))).map(({ node }) => node.role);
}
