import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startReason, waitsForItself } from '../../../domain/distributions/start-reasons.ts';
import { askHealth } from '../../../host/http.ts';
import { Root } from '../../../host/root.ts';
import { startTool, type Tool } from '../../../host/sandboxed-tool.ts';
import { servedCertificate } from '../../../host/tls.ts';
import { addAddresses } from './addresses.ts';
import { clientOf } from './client-of.ts';
import type { GroupMemory } from './control-group.ts';
import { databaseProblem } from './database.ts';
import type { InsideAnswer, InsideRequest, ServerAnswer, ServerTask } from './request.ts';

const INTERVAL = 250;
const ASK_LIMIT = 3_000;
/**
 * Milliseconds after which a known reason ends the waiting, at most a third of the limit. Not at once: a server that waits for
 * its own expired listener can renew it after some ten seconds (measured on v1.32.3, where another start hung for good).
 */
const PATIENCE = 30_000;
/** How long a listener gets to renew an expired certificate once it is asked; the v1.21 line takes half a minute. Milliseconds. */
const LISTENER_PATIENCE = 40_000;

/** Starts the server on the copy, waits until it is ready and stays so, and asks what an administrator would ask. */
export async function runServer(
  task: ServerTask,
  { olderSystemd, view, confinement }: InsideRequest,
  memory: GroupMemory,
): Promise<InsideAnswer> {
  const root = new Root(view);
  const broken = task.database === null ? null : await databaseProblem(task.database);
  if (broken !== null) return { kind: 'impossible', why: `the copy of the datastore cannot be used: ${broken}` };
  if (confinement !== null) await addAddresses(root, task.addresses);
  const how = { olderSystemd, isImage: view !== '/' };
  if (task.alone !== null) {
    const failed = await madeAlone({ ...task, argv: task.alone }, how, memory);
    if (failed !== null) return { kind: 'impossible', why: failed };
  }
  const tool = startTool(task, how);
  try {
    const outcome = await untilSteady(task, tool, root, memory);
    const isUp = outcome.readyAfter !== null;
    return {
      kind: 'start',
      ...outcome,
      kubeconfig: isUp ? await kubeconfigProblem(task, root) : null,
      served: isUp ? await servedBy(task) : null,
      log: [...tool.log],
      peakMemory: memory.peak,
    };
  } finally {
    tool.kill();
  }
}

/**
 * The other members of an etcd are out of reach, and nothing of theirs may be changed: the copy becomes a cluster of its own, in
 * which K3s exits when that is done. Returns why it is not: a failure here says nothing of a real start.
 */
async function madeAlone(
  task: ServerTask,
  how: Parameters<typeof startTool>[1],
  memory: GroupMemory,
): Promise<string | null> {
  const tool = startTool(task, how);
  const end = performance.now() + task.limit;
  while (tool.ending() === null && performance.now() < end && !memory.isOver()) await sleep(INTERVAL);
  const ending = tool.ending();
  tool.kill();
  await tool.ended;
  return ending?.code === 0 ? null : 'the copy of embedded etcd did not become a cluster of its own';
}

type Outcome = Pick<ServerAnswer, 'readyAfter' | 'ending' | 'limitReached'>;

async function untilSteady(task: ServerTask, tool: Tool, root: Root, memory: GroupMemory): Promise<Outcome> {
  const startedAt = performance.now();
  let since = null as { is: Answer; at: number } | null;
  for (;;) {
    if (memory.isOver()) tool.kill();
    const ended = endingOf(tool, memory);
    if (ended !== null) return { readyAfter: null, ...ended };
    const now = performance.now();
    if (since !== null && now - since.at >= steadyFor(since.is, task.settle))
      return { readyAfter: Math.round(since.at - startedAt), ending: null, limitReached: null };
    if (now - startedAt > task.limit)
      return {
        readyAfter: null,
        ending: `it was not ready after ${Math.round(task.limit / 1_000)} s`,
        limitReached: 'time',
      };
    const reason = startReason(tool.log);
    const patience = Math.min(PATIENCE, task.limit / 3);
    const isHopeless = since === null && (waitsForItself(reason) || reason?.blocks === true);
    if (isHopeless && now - startedAt > patience) return { readyAfter: null, ending: reason!.why, limitReached: null };
    const is = await answerOf(task, root);
    since = is === 'none' ? null : since?.is === is ? since : { is, at: performance.now() };
    await sleep(INTERVAL);
  }
}

type Answer = 'ready' | 'refuses' | 'none';

/**
 * A server that refuses the administrator's kubeconfig is up all the same: then nobody can say that it is ready, so it must stay
 * up for longer.
 */
const steadyFor = (is: Answer, settle: number): number => (is === 'ready' ? settle : 2 * settle);

async function answerOf(task: ServerTask, root: Root): Promise<Answer> {
  const { status } = await ask(task, root);
  if (status === 200) return 'ready';
  return status === 401 || status === 403 ? 'refuses' : 'none';
}

async function ask({ health, kubeconfig }: ServerTask, root: Root) {
  const client = await clientOf(root, kubeconfig).catch(() => null);
  return askHealth(health, client === null ? { limit: ASK_LIMIT } : { limit: ASK_LIMIT, client });
}

async function kubeconfigProblem(task: ServerTask, root: Root): Promise<string | null> {
  try {
    await clientOf(root, task.kubeconfig);
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read';
  }
  const { status, detail } = await ask(task, root);
  return status === 200 ? null : `the API server answers ${detail} to it`;
}

/** What the listener serves, asked again while that has expired. */
async function servedBy({ listener: { host, port } }: ServerTask): Promise<string | null> {
  const end = performance.now() + LISTENER_PATIENCE;
  for (;;) {
    const der = await servedCertificate(host, port, { limit: ASK_LIMIT }).catch(() => null);
    const isValid = der !== null && new X509Certificate(der).validToDate.getTime() > Date.now();
    if (isValid || performance.now() > end) return der?.toString('base64') ?? null;
    await sleep(4 * INTERVAL);
  }
}

function endingOf(tool: Tool, memory: GroupMemory): { ending: string; limitReached: 'memory' | null } | null {
  const ending = tool.ending();
  if (ending === null) return null;
  const isKilled = ending.signal === 'SIGKILL' || ending.code === 137;
  if (isKilled && memory.killed)
    return { ending: 'it needed more memory than the sandbox has', limitReached: 'memory' };
  const how = ending.code === null ? `was killed by ${ending.signal}` : `exited with ${ending.code}`;
  return { ending: `it ${how}`, limitReached: null };
}
