import type { Problem } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';
import type { Root } from '../../host/root.ts';
import { observe } from '../../observe/observe.ts';
import { syncServiceCopies } from '../../sync/services/service-copies.ts';

/** What only the node knows: the names of its certificates, and whether a copy could be made now. */
export async function notOnNode(root: Root, config: Config): Promise<Problem[]> {
  const { hooks, copies } = config;
  if (copies.certificates.length === 0 && hooks.every(({ certificates }) => certificates.length === 0)) return [];
  const inventory = await observe({ root, config, now: Date.now() });
  if (inventory.node.distribution === null) return [];
  const ids = new Set(inventory.certificates.map(({ id }) => id));
  const unknown = hooks.flatMap(({ certificates }, index) =>
    certificates.flatMap((id, at) =>
      ids.has(id) ? [] : [{ path: ['hooks', index, 'certificates', at], message: UNKNOWN }],
    ),
  );
  const outcomes = await syncServiceCopies(copies.certificates, { root, inventory, dryRun: true });
  const failing = outcomes.flatMap(({ result, detail }, index) =>
    result === 'refused' || result === 'failed'
      ? [{ path: ['copies', 'certificates', index, 'to'], message: `cannot be a copy: ${detail}` }]
      : [],
  );
  return [...unknown, ...failing];
}

const UNKNOWN = 'is not a certificate of this node: use a name that certagent status shows';
