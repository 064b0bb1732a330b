import { allLabels, nodeLabel } from '../domain/distributions/names.ts';
import type { Root } from '../host/root.ts';
import { unitState } from '../host/systemd.ts';
import { listUnits } from '../host/unit-files.ts';
import { type Candidate, type Detected, unknownNode } from './observer.ts';
import { OBSERVERS } from './observers.ts';

/**
 * What runs decides what a node is: the unit that the operator names, the active one, the enabled one, an installed one, and
 * only then the files, of which an earlier installation may have left more than the present one has. What the node lacks, and
 * what is left over, are in `missing`.
 */
export async function detect(root: Root, named: string | null = null): Promise<Detected> {
  const units = await listUnits(root);
  const candidates = (await Promise.all(Object.values(OBSERVERS).map((observer) => observer(root, units)))).flat();
  const found = candidates.filter(({ traces }) => traces > 0);
  if (found.length === 0) return unknownNode(candidates[0]!.node.paths, [`any trace of ${allLabels('or')}`]);
  const best = found.find(({ node }) => node.unit === named) ?? (await mostLikely(root, found));
  const leftOver = found.filter((other) => other !== best && !isPartOf(other, best)).map(leftOverText);
  return { ...best.node, unit: named ?? best.node.unit, missing: [...best.node.missing, ...new Set(leftOver)] };
}

/** systemd is asked only where the files do not decide. */
async function mostLikely(root: Root, found: Candidate[]): Promise<Candidate> {
  const byFiles = found.sort((a, b) => rank(b) - rank(a));
  const [first, second] = byFiles;
  if (second === undefined || (first!.isEnabled && !second.isInstalled)) return first!;
  for (const candidate of byFiles) if (await isActive(root, candidate.node.unit)) return candidate;
  return first!;
}

/** More traces than a node can have. */
const MANY = 100;

const rank = ({ isEnabled, isInstalled, traces }: Candidate): number =>
  (isEnabled ? 2 * MANY : isInstalled ? MANY : 0) + traces;

async function isActive(root: Root, unit: string): Promise<boolean> {
  const state = await unitState(root, unit).catch(() => null);
  return state !== null && ['active', 'activating', 'reloading'].includes(state.activeState);
}

/** A server has an agent's files in its own data directory; two units of one role share theirs. */
function isPartOf({ node: other, remains }: Candidate, { node, remains: own }: Candidate): boolean {
  if (remains === own) return true;
  return other.distribution === node.distribution && other.paths.dataDir === node.paths.dataDir && isInner(other, node);
}

const isInner = (other: Candidate['node'], node: Candidate['node']): boolean =>
  other.paths.adminKubeconfig === null && node.paths.adminKubeconfig !== null;

function leftOverText({ node: { distribution, role }, remains }: Candidate): string {
  return `nothing else; ${remains} is left over from a ${nodeLabel(distribution, role)}, which does not run here: certagent does not watch it`;
}
