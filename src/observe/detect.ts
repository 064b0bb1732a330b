import { allLabels, labelOf } from '../domain/distributions/names.ts';
import type { Root } from '../host/root.ts';
import { type Detected, unknownNode } from './observer.ts';
import { OBSERVERS } from './observers.ts';

/** The kind of node with the most traces; what it lacks, and traces of another kind, are in `missing`. */
export async function detect(root: Root): Promise<Detected> {
  const candidates = await Promise.all(Object.values(OBSERVERS).map((observer) => observer(root)));
  const [best, ...others] = candidates.filter(({ traces }) => traces > 0).sort((a, b) => b.traces - a.traces);
  if (best === undefined) return unknownNode(candidates[0]!.node.paths, [`any trace of ${allLabels('or')}`]);
  const ignored = others.map(
    ({ node }) =>
      `nothing else; certagent does not watch the traces of ${labelOf(node.distribution)} that are here too`,
  );
  return { ...best.node, missing: [...best.node.missing, ...ignored] };
}
