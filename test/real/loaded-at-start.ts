// What a K3s loads at its start alone (src/domain/distributions/k3s-loaded-at-start.ts). It is started with certificates that expire soon, gets those of a
// year while it runs, and is asked after the expiry: what has loaded its certificate once fails then.
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Machine } from '../e2e/machine.ts';
import { put } from '../e2e/node.ts';
import { ageLeaves, KUBECONFIG, leavesOf } from './aging.ts';
import { incarnation, isReady, K3S_CONFIG, kubectl, type RealNode, reset, startK3s, stopK3s } from './k3s.ts';
import type { Outcome, Scene } from './play.ts';

export type Egress = 'agent' | 'disabled';

export const LOADED_AT_START: Scene[] = (['agent', 'disabled'] as const).map((egress) => ({
  name: `what K3s loads at its start alone, egress-selector-mode ${egress}`,
  play: (node: RealNode) => afterExpiry(node, egress),
}));

/** Long enough for the start and the five minutes that a client may take; short enough to wait for. */
const LIFETIME = 10 * 60_000;
const DAY = 24 * 3_600_000;
/** K3s writes it at each start, when it has looked which certificates are due and before anything has loaded one. */
const WRITTEN_FIRST = '/var/lib/rancher/k3s/server/etc/egress-selector-config.yaml';

type Files = Map<string, string>;

async function afterExpiry(node: RealNode, egress: Egress): Promise<Outcome> {
  const { machine } = node;
  const startedAt = Date.now();
  await reset(node);
  configureEgress(machine, egress);
  await startK3s(machine);
  const long = read(machine, [...leavesOf(machine), KUBECONFIG]);
  const expiry = Date.now() + LIFETIME;
  await ageLeaves(machine, LIFETIME / DAY);
  const short = read(machine, [...leavesOf(machine), KUBECONFIG]);
  write(machine, long);
  await stopK3s(machine);
  await startWith(machine, short);
  const before = await incarnation(machine);
  write(machine, long);
  await sleep(expiry + 30_000 - Date.now());
  // Where the kernel can, every connection is made again.
  await machine.run('ss', '-K', '-tn', 'state', 'established', '( sport = :6443 or sport = :6444 or sport = :10250 )');
  await sleep(30_000);
  const problems = (await isReady(machine)) ? [] : ['the API server is not ready'];
  if ((await incarnation(machine)) !== before) problems.push('k3s was restarted');
  const asked = await kubectl(machine, 'get', '--raw', `/api/v1/nodes/${await nameOf(machine)}/proxy/healthz`);
  const answer = asked.code === 0 ? asked.stdout : asked.stderr.trim();
  const expected = egress === 'disabled' ? /^ok$/ : /code 401/;
  if (!expected.test(answer)) problems.push(`a request to the kubelet was answered with ${answer}`);
  problems.push(...(await objectProblems(machine)));
  return {
    problems,
    result: `a request to the kubelet: ${answer.replace(/^.*(code \d+).*$/s, 'refused with $1')}`,
    away: null,
    whole: (Date.now() - startedAt) / 1_000,
  };
}

/** Lines of K3s's own configuration; it does not run. */
export function configureEgress(machine: Machine, egress: Egress): void {
  const text = readFileSync(machine.at(K3S_CONFIG), 'utf8');
  put(machine, K3S_CONFIG, `${text}egress-selector-mode: ${egress}\n`);
}

/** What the controllers make, and the Lease that the kubelet renews. */
async function objectProblems(machine: Machine): Promise<string[]> {
  const name = `after-${Date.now()}`;
  await kubectl(machine, 'create', 'namespace', name);
  await sleep(10_000);
  const account = await kubectl(machine, '-n', name, 'get', 'serviceaccount', 'default');
  const words = ['-n', 'kube-node-lease', 'get', 'lease', await nameOf(machine), '-o', 'jsonpath={.spec.renewTime}'];
  const renewed = Date.parse((await kubectl(machine, ...words)).stdout);
  return [
    ...(account.code === 0 ? [] : ['no service account was made in a new namespace']),
    ...(Date.now() - renewed < 40_000 ? [] : ['the kubelet does not renew its Lease']),
  ];
}

async function nameOf(machine: Machine): Promise<string> {
  return (await kubectl(machine, 'get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).stdout;
}

/**
 * Starts K3s so that it loads `files`: those of the server right after it has looked at its own, those of the agent as soon as the start
 * has issued its own.
 */
async function startWith(machine: Machine, files: Files): Promise<void> {
  const changedAt = (path: string) => statSync(machine.at(path)).mtimeMs;
  const left = new Map([...files.keys()].map((path) => [path, { file: moment(path), was: changedAt(moment(path)) }]));
  stage(machine, files);
  let isOver = false;
  const started = startK3s(machine).finally(() => (isOver = true));
  while (left.size > 0 && !isOver) {
    const due = [...left].filter(([, { file, was }]) => changedAt(file) !== was).map(([path]) => path);
    for (const path of due) {
      renameSync(`${machine.at(path)}.new`, machine.at(path));
      left.delete(path);
    }
    await sleep(1);
  }
  await started;
  if (left.size > 0) throw new Error(`the start has not written ${[...left.keys()].join(', ')}`);
}

/** The file whose change says that this one can be replaced. */
const moment = (path: string): string => (path.includes('/k3s/server/') ? WRITTEN_FIRST : path);

function read(machine: Machine, paths: string[]): Files {
  return new Map(paths.map((path) => [path, readFileSync(machine.at(path), 'utf8')]));
}

/** Never half a file. */
function write(machine: Machine, files: Files): void {
  stage(machine, files);
  for (const path of files.keys()) renameSync(`${machine.at(path)}.new`, machine.at(path));
}

function stage(machine: Machine, files: Files): void {
  for (const [path, text] of files)
    writeFileSync(`${machine.at(path)}.new`, text, { mode: statSync(machine.at(path)).mode & 0o777 });
}
