// `npm run test:real -- DIR [--scene WORD]`: certagent's package on a real K3s. DIR holds k3s, or a directory with k3s for
// each version; what lies beside it is put on the PATH, too. Where DIR holds kube-apiserver, its client is tried on that, with an
// etcd that lies beside it or is on the PATH. Prints a table; exits with 1 when a scene has failed.
import { parseArgs } from 'node:util';
import { reasonToSkip } from '../e2e/base.ts';
import { packageFile } from '../e2e/package.ts';
import { AGENT_SCENES, type AgentScene } from './agent-in-place.ts';
import { apiScenes } from './api.ts';
import { apiserverIn } from './apiserver.ts';
import { installK3s, type RealNode } from './k3s.ts';
import { keepKernelParameters } from './kernel.ts';
import type { Outcome, Scene } from './play.ts';
import { type Programs, programsIn } from './programs.ts';
import { SCENES } from './scenes.ts';
import { installServers } from './servers.ts';
import { SERVERS_SCENES, type ServersScene } from './several.ts';
import { type Row, ratios, table } from './table.ts';
import { installAgent } from './with-agent.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scene: { type: 'string', default: '' } },
});

async function main(directory: string | undefined, word: string): Promise<number> {
  const skip = directory === undefined ? 'no directory with a real k3s was named' : await reasonToSkip();
  if (directory === undefined || skip !== false) {
    console.log(`skipped: ${skip}. Usage: npm run test:real -- DIR`);
    return 0;
  }
  const apiserver = apiserverIn(directory);
  if (apiserver !== null) return conclude(await apiScenes(apiserver, word));
  const found = programsIn(directory);
  const scenes = SCENES.filter(({ name }) => name.includes(word));
  const several = SERVERS_SCENES.filter(({ name }) => name.includes(word));
  if (found.length === 0) console.error(`${directory} holds no k3s, and no directory with a k3s`);
  const ofAgent = AGENT_SCENES.filter(({ name }) => name.includes(word));
  const count = scenes.length + several.length + ofAgent.length;
  if (count === 0)
    console.error(
      `no scene has "${word}" in its name:\n${[...SCENES, ...SERVERS_SCENES, ...AGENT_SCENES].map(({ name }) => name).join('\n')}`,
    );
  if (found.length === 0 || count === 0) return 2;

  const rows: Row[] = [];
  process.once('exit', keepKernelParameters());
  const deb = await packageFile();
  for (const programs of found) {
    if (scenes.length > 0) rows.push(...(await allOn(programs, deb, scenes)));
    if (several.length > 0) rows.push(...(await allOnThree(programs, deb, several)));
    if (ofAgent.length > 0) rows.push(...(await allOnAgent(programs, deb, ofAgent)));
  }
  return conclude(rows);
}

function conclude(rows: Row[]): number {
  console.log(`\n${table(rows)}`);
  for (const line of ratios(rows, SETTLING)) console.log(line);
  return rows.length > 0 && rows.every(({ problems }) => problems.length === 0) ? 0 : 1;
}

/** Seconds; `renew.settle` of the configuration. */
const SETTLING = 6;

/** What stands for the scenes on one K3s, until they have all been played. */
type Installed = { version: string; nodes: Pick<RealNode, 'machine'>[]; remove(): Promise<void> };

async function all<On>(
  { name, install, programs }: { name: string; install: () => Promise<On>; programs: Programs },
  installed: (on: On) => Installed,
  scenes: { name: string; play(on: On): Promise<Outcome> }[],
): Promise<Row[]> {
  let on: On;
  try {
    on = await install();
  } catch (error) {
    console.error(error);
    return [{ scene: name, version: programs.name, ...failed(error) }];
  }
  const { version, nodes, remove } = installed(on);
  try {
    const rows: Row[] = [];
    for (const { name, play } of scenes) rows.push(await played(name, version, () => play(on), nodes));
    return rows;
  } finally {
    await remove();
  }
}

/** The scenes on one K3s, in a machine of its own. */
function allOn(programs: Programs, deb: string, scenes: Scene[]): Promise<Row[]> {
  return all(
    { name: 'installation', install: () => installK3s(programs, deb), programs },
    (node) => ({ version: node.version, nodes: [node], remove: () => node.machine.remove() }),
    scenes,
  );
}

/** The scenes of three servers on one K3s. */
function allOnThree(programs: Programs, deb: string, scenes: ServersScene[]): Promise<Row[]> {
  return all(
    { name: 'installation of three servers', install: () => installServers(programs, deb), programs },
    (cluster) => ({ version: cluster.version, nodes: cluster.servers, remove: () => cluster.remove() }),
    scenes,
  );
}

/** The scenes of an agent with its server on one K3s. */
function allOnAgent(programs: Programs, deb: string, scenes: AgentScene[]): Promise<Row[]> {
  return all(
    { name: 'installation of an agent', install: () => installAgent(programs, deb), programs },
    (cluster) => ({
      version: cluster.version,
      nodes: [{ machine: cluster.worker }],
      remove: () => cluster.remove(),
    }),
    scenes,
  );
}

/** A scene that cannot go on has failed, and the others are played all the same. */
async function played(
  scene: string,
  version: string,
  play: () => Promise<Outcome>,
  nodes: Pick<RealNode, 'machine'>[],
): Promise<Row> {
  const outcome = await play().catch((error: unknown) => failed(error));
  const row = { scene, version, ...outcome };
  console.log(`${new Date().toISOString().slice(11, 19)}  ${table([row]).split('\n')[1]}`);
  for (const problem of row.problems) console.log(`  ${problem}`);
  if (row.problems.length > 0) for (const node of nodes) await explain(node);
  return row;
}

function failed(error: unknown): Outcome {
  return { problems: [String(error)], result: '', away: null, whole: null };
}

/** certagent's log, and what of K3s's is an error. */
async function explain({ machine }: Pick<RealNode, 'machine'>): Promise<void> {
  for (const [unit, lines] of Object.entries({ certagent: 40, k3s: 2_000 })) {
    const words = [`--unit=${unit}`, '--output=short-iso', '--no-pager', '--no-hostname', `--lines=${lines}`];
    const log = (await machine.run('journalctl', ...words)).stdout.trimEnd().split('\n');
    const shown = unit === 'k3s' ? log.filter((line) => K3S_ERROR.test(line)).slice(-15) : log;
    for (const line of shown) console.log(`  | ${line.slice(0, 400)}`);
  }
}

const K3S_ERROR = /level=(?:error|fatal)|\]: [EF]\d{4} |\]: panic|systemd\[1\]/;

process.exitCode = await main(positionals[0], values.scene);
