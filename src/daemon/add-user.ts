import type { Config } from '../config/schema.ts';
import { LONGEST, SHORTEST } from '../config/user-keys.ts';
import type { ControlHandlers } from '../control/handlers.ts';
import { USER_SCHEMA, type UserAddReport, type UserAddRequest } from '../domain/model/added-user.ts';
import { CertagentError } from '../domain/model/errors.ts';
import type { Inventory } from '../domain/model/inventory.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { UserMemory, UserSpec } from '../domain/model/user-certificate.ts';
import { DAY, formatDuration } from '../domain/time/duration.ts';
import { isSame } from '../domain/users/judge-user-certificate.ts';
import { nothingKnown } from '../domain/users/user-memory.ts';
import { whyNotRequested } from '../domain/users/user-names.ts';
import type { Root } from '../host/root.ts';
import { userNamed } from '../host/users.ts';
import { openUserFile } from '../sync/users/user-file.ts';
import { loadUserMemory } from '../sync/users/user-memory-file.ts';
import { missingDirectory, userPlace } from '../sync/users/user-place.ts';
import type { OwnPlans } from './own-plans.ts';
import { sourceOf } from './user-certificates.ts';
import { newUserRequest } from './user-exchange.ts';
import { bringUpToDate } from './user-renewal.ts';
import { openUserStore } from './user-store.ts';

/** A user's first certificate, or one that does not follow from the previous: root has ordered it by name. */
export function makeUserAdd({ root, config, look, exclusive }: OwnPlans): Pick<ControlHandlers, 'addUser'> {
  return {
    addUser: (request) =>
      exclusive(async () => {
        const { inventory, policy } = await look();
        if (inventory.clock.doubt !== null) throw refused(`the clock is not trusted: ${inventory.clock.doubt}`);
        const known = await loadUserMemory(root);
        const source = await sourceOf(root, inventory.node);
        const spec = await specOf(root, request, config(), known);
        const place = await userPlace(root, spec.kubeconfig, spec.user);
        const store = openUserStore(root, known, true);
        const memory = store.get(spec);
        if (memory.request === null || !isSameOrder(memory.request, spec)) {
          const file = openUserFile(root.prefix, place, spec.user, source.clientCas);
          try {
            const present = await replaceable(root, file, spec);
            const made = await newUserRequest(nothingKnown(memory), spec, present, inventory.takenAt);
            await store.put({ ...made, request: { ...made.request!, replaces: null } });
          } finally {
            file.end();
          }
        }
        const run = { root, config: config(), inventory, policy, dryRun: false, remember: true };
        return reportOf(await bringUpToDate(spec, source, store, run), spec, inventory, config());
      }),
  };
}

const isSameOrder = (a: Pick<UserSpec, 'groups' | 'expires'>, b: UserSpec): boolean =>
  a.expires === b.expires && isSame(a.groups, b.groups);

/**
 * As configured, or as in the request that waits; what the command says may add to what is configured, and not contradict it. So
 * `certagent user add nana --approve` approves what waits for nana.
 */
async function specOf(
  root: Root,
  request: UserAddRequest,
  config: Config,
  known: readonly UserMemory[],
): Promise<UserSpec> {
  const { user } = request;
  for (const name of [user, ...(request.groups ?? [])]) {
    const why = whyNotRequested(name);
    if (why !== null) throw refused(`${JSON.stringify(name)} ${why}`);
  }
  const waiting = known.flatMap((one) => (one.user === user && one.request !== null ? [one.request] : []));
  const kubeconfig = request.kubeconfig ?? (await ownKubeconfig(root, user, config, waiting));
  const present = waiting.find((each) => each.kubeconfig === kubeconfig);
  const configured = config.users.certificates.find((each) => each.kubeconfig === kubeconfig);
  if (configured !== undefined && configured.user !== user)
    throw refused(`users.certificates of the configuration has ${kubeconfig} for ${configured.user}`);
  const groups = request.groups ?? configured?.groups ?? present?.groups ?? [];
  const expires = request.expires ?? configured?.expires ?? present?.expires ?? 90 * DAY;
  if (configured !== undefined && !isSameOrder(configured, { ...configured, groups, expires }))
    throw refused(`users.certificates of the configuration has other groups or another lifetime for ${user}`);
  if (expires < SHORTEST || expires > LONGEST)
    throw refused(`a certificate is requested for ${formatDuration(SHORTEST)} to ${formatDuration(LONGEST)}`);
  return { kubeconfig, user, groups, expires, approve: request.approve || configured?.approve === true };
}

async function ownKubeconfig(
  root: Root,
  user: string,
  { users }: Config,
  waiting: readonly UserSpec[],
): Promise<string> {
  if (waiting.length === 1) return waiting[0]!.kubeconfig;
  if (waiting.length > 1)
    throw refused(
      `${waiting.length} requests wait for ${user}`,
      `Name the file with --kubeconfig: ${waiting.map(({ kubeconfig }) => kubeconfig).join(' or ')}`,
    );
  const configured = users.certificates.filter((each) => each.user === user);
  if (configured.length === 1) return configured[0]!.kubeconfig;
  const account = await userNamed(root, user);
  if (account === null) throw refused(`this node has no account ${user}: name the file with --kubeconfig`);
  return `${account.home.replace(/\/+$/, '')}/.kube/config`;
}

/** The certificate that would be replaced; null: the file is made. Throws for a file that holds something else. */
async function replaceable(root: Root, file: ReturnType<typeof openUserFile>, { user, kubeconfig }: UserSpec) {
  const reading = await file.read();
  if (reading.state === 'absent') {
    const missing = await missingDirectory(root, kubeconfig, 'made');
    if (missing === null) return null;
    throw refused(`${kubeconfig} cannot be made: the directory ${missing} does not exist`);
  }
  if (reading.state === 'failed') throw refused(`${kubeconfig} ${reading.why}`);
  const { found } = reading;
  if (found === null)
    throw refused(`${kubeconfig} exists, and holds no certificate for ${user}: name another file with --kubeconfig`);
  if (found.fixed !== null) throw refused(`${kubeconfig} ${found.fixed}`);
  return found.certificate;
}

function reportOf(
  outcome: CopyOutcome,
  spec: UserSpec,
  { takenAt: at, node }: Inventory,
  config: Config,
): UserAddReport {
  const { user, groups, kubeconfig } = spec;
  const { next, notAfter } = outcome.own!;
  if (next.is === 'failed' || next.is === 'stopped' || next.is === 'due')
    throw refused(`${user} has no new certificate: ${next.why}`, 'remedy' in next ? next.remedy : undefined);
  const waits = next.is === 'waiting' ? { name: next.name, since: next.since, approved: next.approved } : null;
  return {
    schema: USER_SCHEMA,
    ...{ at, node, user, groups, kubeconfig },
    account: outcome.user,
    result: waits === null ? (outcome.result === 'created' ? 'created' : 'updated') : 'waiting',
    notAfter: waits === null ? notAfter : null,
    request: waits,
    renewed: config.users.certificates.some((each) => each.kubeconfig === kubeconfig && each.user === user),
  };
}

const refused = (why: string, remedy?: string): CertagentError =>
  new CertagentError('USER_REFUSED', why, remedy === undefined ? {} : { remedy });
