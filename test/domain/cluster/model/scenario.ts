import type { Disruption } from '../../../../src/domain/cluster/disruption.ts';
import type { Choices } from './choices.ts';
import { kill, type ModelNode, makeNode, serverOf, start } from './node.ts';
import { type Faults, makeWorld, NO_FAULTS, say, setLink, type Without, type World } from './world.ts';

export type Scenario = {
  servers: number;
  faults?: Faults;
  without?: Without;
  urgent?: boolean;
  /** None may use the Lease. */
  forbidden?: boolean;
  /** How far the times of day are off, at most. */
  skew?: number;
  stops?: Disruption;
  /** The last of the servers is away for the first 20 minutes. */
  oneAway?: boolean;
};

export type Outcome = {
  violation: string | null;
  done: boolean;
  after: number;
  trace: string[];
  choices: string[];
  nodes: ModelNode[];
};

const MINUTE = 60_000;
/** Faults happen until then. Afterwards everybody must make progress. */
const FAULTY_UNTIL = 40 * MINUTE;
const ENDS = 6 * 60 * MINUTE;

/** All nodes are enabled in the same minute. */
export function play(scenario: Scenario, choices: Choices): Outcome {
  const { servers, faults = NO_FAULTS, without = null, skew = 10 * MINUTE } = scenario;
  const names = Array.from({ length: servers }, (_, index) => `cp-${index + 1}`);
  const world = makeWorld(names, choices, faults, without);
  const nodes = names.map((name) =>
    makeNode({
      name,
      skew: choices.pick('a time of day is off by', [0, -skew, skew, skew / 3]),
      drift: choices.pick('a clock runs faster by', [0, 0.02, -0.02]),
      urgent: scenario.urgent ?? false,
      forbidden: scenario.forbidden ?? false,
      without,
      wants: scenario.stops ?? { kind: 'stops', etcd: true, api: true },
    }),
  );
  if (scenario.oneAway === true) world.servers.at(-1)!.failedUntil = 20 * MINUTE;
  for (const node of nodes)
    world.at(choices.pick('it is enabled after', [0, 3_000, 40_000]), () => {
      start(node, world);
      const { failedUntil } = serverOf(node, world);
      if (failedUntil > world.now) world.at(failedUntil - world.now, () => start(node, world));
      trouble(node, nodes, world);
    });
  world.run(ENDS, () => nodes.every(({ done }) => done));
  const { violation, trace, now } = world;
  return { violation, done: nodes.every(({ done }) => done), after: now, trace, choices: choices.made, nodes };
}

/** From time to time something happens to a node. */
function trouble(node: ModelNode, nodes: ModelNode[], world: World): void {
  const { faults, choices } = world;
  const kinds = (Object.keys(faults) as (keyof Faults)[]).filter((kind) => faults[kind] && kind !== 'lost');
  if (kinds.length === 0) return;
  world.at(choices.pick('until something happens', [45_000, 5_000, 20_000, 200_000]), () => {
    if (world.now > FAULTY_UNTIL) return;
    const kind = choices.pick('what happens', ['nothing', ...kinds]);
    const length = choices.pick('it lasts', [20_000, 75_000, 400_000]);
    if (kind !== 'nothing') happens(kind, length, node, nodes, world);
    trouble(node, nodes, world);
  });
}

function happens(kind: string, length: number, node: ModelNode, nodes: ModelNode[], world: World): void {
  const { name } = node;
  say(world, `${name}: ${kind}, for ${length / 1_000} s`);
  const server = serverOf(node, world);
  const again = () => start(node, world);
  if (kind === 'deletes') {
    world.lease = null;
  } else if (kind === 'mutes') {
    server.mutedUntil = world.now + length;
  } else if (kind === 'kills') {
    kill(node);
    world.at(length, again);
  } else if (kind === 'failures') {
    kill(node);
    server.failedUntil = Math.max(server.failedUntil, world.now + length);
    world.at(length, again);
  } else {
    const other = world.choices.pick('from whom', nodes.map((one) => one.name) as [string, ...string[]]);
    if (other === name) return;
    setLink(world, name, other, true);
    world.at(length, () => setLink(world, name, other, false));
  }
}
