import type { Config } from '../config/schema.ts';
import type { Readers } from '../control/server.ts';
import { isLeaf } from '../domain/decide/ownership.ts';
import type { Progress } from '../domain/model/journal.ts';
import {
  HISTORY_SCHEMA,
  PLAN_SCHEMA,
  type PlanReport,
  type PlanRequest,
  type StatusReport,
} from '../domain/model/status.ts';
import { explainFrom } from './explaining.ts';
import { decideAsked } from './named-certificates.ts';
import { policyOf } from './node-policy.ts';
import { asked } from './rehearse-node.ts';
import { planOf, type View } from './view.ts';

/**
 * What members of the group may ask, answered from the last check: no question of theirs reads the node, runs a program or
 * waits for a renewal. `latest` gives that check, and makes the first one when there is none yet.
 */
export function makeReaders(agent: {
  latest(): Promise<View>;
  report(): Promise<StatusReport>;
  metrics(): Promise<string>;
  config(): Config;
  running(): Progress | null;
}): Readers {
  return {
    status: () => agent.report(),
    metrics: () => agent.metrics(),
    explain: ({ name }) => explainFrom(name, { latest: agent.latest, status: agent.report, config: agent.config }),
    history: async () => ({ schema: HISTORY_SCHEMA, attempts: (await agent.latest()).history.attempts }),
    plan: async (request) =>
      planReport(decideAnew(await agent.latest(), agent.config(), request), agent.config(), agent.running()),
  };
}

/** A view as an answer to `plan`. */
export function planReport(view: View, config: Config, running: Progress | null): PlanReport {
  const { inventory, decisions } = view;
  // A CA that is stored behind a leaf or in a kubeconfig is in no plan: the CA itself is listed.
  const ofCas = new Set(
    inventory.certificates.flatMap((one) => (one.owner !== 'operator' && !isLeaf(one) ? [one.id] : [])),
  );
  return {
    schema: PLAN_SCHEMA,
    at: inventory.takenAt,
    node: inventory.node,
    renewal: decisions.renewal,
    running,
    plan: running === null ? planOf(view, config) : null,
    decisions: decisions.certificates.filter(({ id }) => !ofCas.has(id)),
  };
}

function decideAnew(view: View, config: Config, request: PlanRequest | undefined): View {
  if (request === undefined) return view;
  const { inventory } = view;
  const as: Config = request.enabled === true ? { ...config, mode: 'renew' } : config;
  const policy = policyOf(as, inventory.node, view.policy.pause ?? null);
  return decideAsked({ ...view, policy }, asked(request));
}
