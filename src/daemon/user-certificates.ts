import { rulesOfNode } from '../domain/distributions/index.ts';
import { CertagentError, explain } from '../domain/model/errors.ts';
import type { NodeFacts } from '../domain/model/inventory.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { UserMemory, UserNext, UserSpec } from '../domain/model/user-certificate.ts';
import { isOf } from '../domain/users/user-memory.ts';
import type { Root } from '../host/root.ts';
import { readSource, type Source } from '../sync/admin-kubeconfig.ts';
import { loadUserMemory } from '../sync/users/user-memory-file.ts';
import { type UsersRequest, withdraw } from './user-exchange.ts';
import { outcomeOf } from './user-outcome.ts';
import { bringUpToDate } from './user-renewal.ts';
import { openUserStore, type UserStore } from './user-store.ts';

/**
 * Looks at users' own certificates, and renews what is due: one after the other, each with its file, its request and its memory. What goes
 * wrong is in the outcome, never an exception.
 */
export async function syncUserCertificates(request: UsersRequest): Promise<CopyOutcome[]> {
  const { root, config, inventory, remember } = request;
  const configured: UserSpec[] = config.users.certificates;
  try {
    const before = await loadUserMemory(root);
    if (configured.length === 0 && before.length === 0) return [];
    const store = openUserStore(root, before, remember);
    const source = await sourceOf(root, inventory.node);
    const added = before.flatMap((memory) => addedSpec(memory, configured));
    if (!request.dryRun) await forgetOthers(store, source, [...configured, ...added], root);
    const outcomes: CopyOutcome[] = [];
    for (const spec of [...configured, ...added]) outcomes.push(await one(spec, source, store, request));
    return outcomes;
  } catch (error) {
    return configured.map((spec) => failed(spec, error, inventory.takenAt));
  }
}

async function one(spec: UserSpec, source: Source, store: UserStore, request: UsersRequest): Promise<CopyOutcome> {
  try {
    return await bringUpToDate(spec, source, store, request);
  } catch (error) {
    return failed(spec, error, request.inventory.takenAt);
  }
}

/** The node's own kubeconfig, with the CAs that sign client certificates. Throws CertagentError COPY_SOURCE_UNUSABLE, USER_REFUSED. */
export async function sourceOf(root: Root, node: NodeFacts): Promise<Source> {
  const { adminKubeconfig } = node.paths;
  if (adminKubeconfig === null)
    throw new CertagentError(
      'USER_REFUSED',
      'certagent requests no certificates of users here: this node has no admin kubeconfig',
      {
        remedy: 'Use a node of the control plane: its admin kubeconfig requests and approves.',
      },
    );
  return readSource(root, adminKubeconfig, rulesOfNode(node)?.clientAuthorities(node.paths) ?? []);
}

/** What `certagent user add` has requested, and the configuration does not have: followed until the certificate is in its file. */
function addedSpec({ request }: UserMemory, configured: UserSpec[]): UserSpec[] {
  if (request === null || request.replaces !== null || configured.some((spec) => isOf(spec, request))) return [];
  const { kubeconfig, user, groups, expires, approve } = request;
  return [{ kubeconfig, user, groups, expires, approve }];
}

/** What was removed from the configuration is not renewed, and its request is not approved by mistake. */
async function forgetOthers(store: UserStore, source: Source, specs: UserSpec[], root: Root): Promise<void> {
  for (const memory of store.all()) {
    if (specs.some((spec) => isOf(memory, spec))) continue;
    if (memory.request !== null) await withdraw(root, source, memory.request.name);
    await store.forget(memory);
  }
}

function failed(spec: UserSpec, error: unknown, now: number): CopyOutcome {
  const next: UserNext = { is: 'failed', until: now, why: explain(error) };
  return outcomeOf(spec, { next, notAfter: null, account: '', certificates: [], wrote: null });
}
