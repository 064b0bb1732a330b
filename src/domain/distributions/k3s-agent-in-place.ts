import { failedInPlace } from '../decide/failed-in-place.ts';
import type { ObservedCertificate } from '../model/inventory.ts';
import type { Step } from '../model/plan.ts';
import type { Draft } from '../plan/draft.ts';
import { expectation } from '../plan/expectations.ts';
import type { InPlace } from './in-place.ts';
import {
  agentDirectory,
  ENDPOINTS,
  fetchStep,
  isOfAgent,
  KUBELET_SERVING,
  loadingTime,
  loadsAtStartOnly,
  nodeIn,
  servedStep,
  tooLate,
} from './k3s-in-place.ts';
import { loadedAtStart } from './k3s-loaded-at-start.ts';
import { backupStep, readyStep } from './restarted-unit-plan.ts';
import { makesServingLeaves } from './server-leaves.ts';

/**
 * An agent's server signs its certificates at any time, and a running agent loads them: its kubelet serves a replaced file within a
 * second, its clients load theirs within five minutes (measured on v1.36.3). There is nothing to rehearse: what is signed is
 * judged, and tried at the API server, before the first certificate takes its place.
 */
export const k3sAgentInPlace: InPlace = { hindrance, isLeftToNode: () => false, steps };

function hindrance(draft: Draft): string | null {
  const { inventory, renewed, heals, history } = draft;
  const { node, preconditions } = inventory;
  const failed = failedInPlace(history);
  if (failed !== null) return failed;
  if (!makesServingLeaves(node.version)) return loadsAtStartOnly(node.version);
  if (heals.length > 0) return 'only a start issues broken certificates again';
  if (preconditions.unit?.active !== true)
    return `K3s does not work now: ${preconditions.unit?.detail ?? 'its unit is not known'}`;
  if (preconditions.servers === undefined) return 'certagent does not know its server, which signs its certificates';
  return loadedAtStart(draft) ?? tooLate(draft) ?? renewed.flatMap((one) => obstacle(one, draft) ?? [])[0] ?? null;
}

function obstacle(observed: ObservedCertificate, { inventory: { preconditions } }: Draft): string | null {
  const { id, key } = observed;
  if (!isOfAgent(observed)) return `only a start is known to issue ${id} again`;
  if (key.state !== 'matches') return `only a start mends the private key of ${id}`;
  const isServed = (preconditions.alsoServes ?? []).some(({ expects }) => expects === id);
  return id === KUBELET_SERVING && !isServed ? 'certagent does not know where its kubelet serves' : null;
}

/** Not before `hindrance` has said null. */
function steps(draft: Draft): Step[] {
  const { inventory, settings, renewed } = draft;
  const { preconditions } = inventory;
  const { clients, restart } = settings.limits;
  const kubeconfig = `${agentDirectory(draft)}/kubelet.kubeconfig`;
  const signing = fetchStep(draft, renewed, preconditions.servers!.url);
  return [
    backupStep(draft),
    { ...signing, elsewhere: { kubeconfig } },
    { kind: 'verify-files', expect: renewed.map((one) => expectation(one, inventory)) },
    ...(renewed.some(({ id }) => id === KUBELET_SERVING) ? [servedStep(draft)] : []),
    readyStep(draft, { unit: preconditions.unit!.name, endpoints: ENDPOINTS }, restart),
    {
      kind: 'await-kubelet',
      kubeconfig,
      replaced: renewed.map(({ place }) => place.path),
      node: nodeIn(inventory) ?? inventory.node.name,
      patience: loadingTime(clients),
      limit: clients,
    },
  ];
}
