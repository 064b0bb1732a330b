import { CertagentError } from '../../domain/model/errors.ts';
import type { Expectation } from '../../domain/model/plan.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { short } from '../../domain/text/printable.ts';
import { day } from '../../domain/time/day.ts';
import { requestFor } from '../../host/certificate-request.ts';
import { readSmall, stageWrite } from '../../host/files.ts';
import { readKey, readLeaf } from '../../host/leaf.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';
import { list, nodePath, number, object, optional, tag, text } from '../../host/shape.ts';
import { type TrustedRequest, trustedRequest } from '../../host/trusted-request.ts';
import { throughLink } from '../components/manifest-link.ts';
import { inWords, isAway } from '../in-place/away.ts';
import { refuseChanged } from '../in-place/refuse-changed.ts';
import { type Signed, trySigned } from '../in-place/try-signed.ts';
import { seldom } from '../in-place/until-proved.ts';
import { checkSuccessor, renewedCertificate } from '../verify/check-renewed.ts';
import { until } from '../wait.ts';
import { restoring, type StepActor, type StepContext } from './actor.ts';
import { expectation } from './step-shapes.ts';

type FetchLeavesStep = StepOf<'fetch-leaves'>;

/** Of one request to a server on another machine. */
const ASK_LIMIT = 30_000;

export const fetchLeaves: StepActor<FetchLeavesStep> = {
  schema: object({
    kind: tag('fetch-leaves'),
    leaves: list(object({ resource: text, expect: expectation })),
    server: text,
    ca: nodePath,
    client: object({ certificatePath: nodePath, keyPath: nodePath }),
    password: nodePath,
    node: text,
    addresses: list(text),
    limit: number,
    elsewhere: optional(object({ kubeconfig: nodePath })),
  }),
  writes: filesOf,
  undo: (step, { plan }) => restoring(filesOf(step), plan),
  isDone: async ({ leaves }, { root }) => {
    for (const { expect } of leaves) if ((await renewedCertificate(root, expect)) === null) return null;
    return 'signed already';
  },
  act,
  // Each file is whole, as it was or signed again.
  mayGoOn: async () => true,
  reload: () => ({ kind: 'await-served' }),
};

/** The keys stay as they are. */
function filesOf({ leaves }: FetchLeavesStep): string[] {
  return leaves.map(({ expect }) => expect.path);
}

type NewLeaf = Signed & { expect: Expectation; notAfter: number };

/**
 * All are signed and judged before the first takes its place. The node's password and the keys never leave memory but for the password,
 * which goes to a server whose certificate the cluster's CA has signed. Throws CertagentError SUPERVISOR_REFUSED, CHANGED_SINCE,
 * what `checkRenewed` throws, or what `trySigned` throws.
 */
async function act(step: FetchLeavesStep, context: StepContext): Promise<string> {
  const { root, plan, signal } = context;
  const access = await accessOf(root, step, signal);
  const signed: NewLeaf[] = [];
  for (const { resource, expect } of step.leaves) {
    // Signed already before a kill.
    if ((await renewedCertificate(root, expect)) !== null) continue;
    const [{ pem: previous }, key] = [await readLeaf(root, expect.path), await readKey(root, expect.keyPath)];
    const body = await requestFor(previous, key);
    const pem = await askServer(step, resource, { ...access, body }, context);
    const { notAfter } = await checkSuccessor(root, expect, { certificate: pem, key });
    signed.push({ expect, id: expect.id, pem, key, notAfter });
  }
  if (step.elsewhere !== undefined) {
    await trySigned(root, step.elsewhere.kubeconfig, signed, seldom(step.limit, context));
    // The step was left meanwhile.
    signal?.throwIfAborted();
  }
  for (const { expect, pem } of signed) {
    await refuseChanged(root, plan, [expect.path, expect.keyPath], { files: [] });
    await replace(root, expect.path, pem);
  }
  const first = Math.min(...signed.map(({ notAfter }) => notAfter));
  return `${signed.length} signed${signed.length === 0 ? '' : `; the first expires ${day(first)}`}`;
}

async function accessOf(
  root: Root,
  { ca, client, password, node, addresses, limit, elsewhere }: FetchLeavesStep,
  signal: AbortSignal | undefined,
): Promise<Omit<TrustedRequest, 'url'>> {
  const read = async (path: string) => (await readSmall(await followLinks(root, path))).bytes.toString('utf8');
  const headers = {
    'k3s-Node-Name': node,
    'k3s-Node-Password': (await read(password)).trim(),
    ...(addresses.length === 0 ? {} : { 'k3s-Node-IP': addresses.join(',') }),
  };
  const own = { certificate: await read(client.certificatePath), key: await readKey(root, client.keyPath) };
  const longest = elsewhere === undefined ? limit : Math.min(limit, ASK_LIMIT);
  return { ca: await read(ca), client: own, method: 'POST', headers, limit: longest, signal };
}

/** One on another machine is asked again while it is away. */
async function askServer(
  step: FetchLeavesStep,
  resource: string,
  request: Omit<TrustedRequest, 'url'>,
  context: StepContext,
): Promise<string> {
  const { host } = new URL(step.server);
  const answer = await until(
    async () => {
      const seen = await trustedRequest({ ...request, url: `${step.server}/v1-k3s/${resource}` });
      const mayWait = step.elsewhere !== undefined && isAway(seen);
      return mayWait ? `for ${host} to sign ${resource}: ${inWords(seen)}` : seen;
    },
    seldom(step.limit, context),
  );
  if (typeof answer === 'string')
    throw new CertagentError(
      'SUPERVISOR_AWAY',
      `the certificates of the agent were not signed: waited in vain ${answer}`,
    );
  if (answer.status === 200) return answer.text;
  throw refused(
    answer.status === null
      ? `${host}: ${answer.problem}`
      : `${host} answers HTTP ${answer.status}: ${short(answer.text, 200)}`,
  );
}

function refused(why: string): CertagentError {
  return new CertagentError('SUPERVISOR_REFUSED', `the certificates of the agent were not signed: ${why}`);
}

/** As a whole, with the owner, mode and access control list of the file that it replaces. */
async function replace(root: Root, path: string, pem: string): Promise<void> {
  const target = await throughLink(root, path);
  const { mode, uid, gid } = (await readSmall(target)).facts;
  const owner = process.getuid?.() === 0 ? { uid, gid } : {};
  const write = await stageWrite(target, pem.endsWith('\n') ? pem : `${pem}\n`, { mode, like: target, ...owner });
  await write.commit();
}
