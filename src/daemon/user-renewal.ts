import type { Config } from '../config/schema.ts';
import { CertagentError, explain } from '../domain/model/errors.ts';
import type { CopyOutcome } from '../domain/model/journal.ts';
import type { UserMemory, UserNext, UserSpec } from '../domain/model/user-certificate.ts';
import { isSame } from '../domain/users/judge-user-certificate.ts';
import { failing, isOf, remembering, renewedTo } from '../domain/users/user-memory.ts';
import { againBy, type UserSight, userStep } from '../domain/users/user-step.ts';
import { parseCertificate } from '../host/x509.ts';
import type { Source } from '../sync/admin-kubeconfig.ts';
import { openUserFile, type UserFile, type UserReading } from '../sync/users/user-file.ts';
import { kubeconfigOf } from '../sync/users/user-kubeconfig.ts';
import { hasHome, type UserPlace, userPlace } from '../sync/users/user-place.ts';
import { followRequest, newUserRequest, type UsersRequest, withdraw } from './user-exchange.ts';
import { outcomeOf, type UserState } from './user-outcome.ts';
import type { UserStore } from './user-store.ts';

/** More steps than one renewal has. */
const MOST_STEPS = 10;

/** Looks at one user's certificate, and goes on with its renewal as far as that goes now. */
export async function bringUpToDate(
  spec: UserSpec,
  source: Source,
  store: UserStore,
  request: UsersRequest,
): Promise<CopyOutcome> {
  const { root, config, dryRun, remember } = request;
  const now = request.inventory.takenAt;
  const place = await userPlace(root, spec.kubeconfig, spec.user);
  const state: UserState = {
    next: { is: 'due', until: now, why: 'the next check' },
    notAfter: null,
    account: place.account.name,
    certificates: [],
    wrote: null,
  };
  const denied = [spec.user, ...place.names].find((name) => config.copies.deny.includes(name));
  if (denied !== undefined) {
    const { request: waiting } = store.get(spec);
    if (waiting !== null && !dryRun) {
      await withdraw(root, source, waiting.name);
      await store.put({ ...store.get(spec), request: null });
    }
    return outcomeOf(spec, { ...state, next: deniedBy(denied, isConfigured(spec, config)) });
  }
  const file = openUserFile(root.prefix, place, spec.user, source.clientCas);
  try {
    const run: Run = { spec, source, store, request, place, file };
    return outcomeOf(spec, await stepByStep(run, state, dryRun, remember));
  } finally {
    file.end();
  }
}

function deniedBy(name: string, configured: boolean): UserNext {
  const allow = `Remove ${name} from copies.deny to give a certificate to this user, and run certagent reload.`;
  const drop = ' Or remove the entry from users.certificates, if this user should have none.';
  return { is: 'stopped', why: `${name} is named in copies.deny`, remedy: allow + (configured ? drop : '') };
}

const isConfigured = (spec: UserSpec, { users }: Pick<Config, 'users'>): boolean =>
  users.certificates.some((each) => isOf(each, spec));

type Run = {
  spec: UserSpec;
  source: Source;
  store: UserStore;
  request: UsersRequest;
  place: UserPlace;
  file: UserFile;
};

async function stepByStep(run: Run, state: UserState, dryRun: boolean, remember: boolean): Promise<UserState> {
  const { spec, store, request, file } = run;
  const { policy, inventory } = request;
  const now = inventory.takenAt;
  let reading = await file.read();
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    if (reading.state === 'failed') return { ...state, next: { is: 'failed', until: now, why: reading.why } };
    const sight = await sightOf(run, reading);
    if (inventory.clock.doubt === null) await store.put(remembering(store.get(spec), sight, now));
    const memory = store.get(spec);
    const found = sight.state === 'read' ? sight.found : null;
    state.notAfter = found?.certificate.notAfter ?? null;
    state.certificates = reading.state === 'read' ? reading.certificates : [];
    const step = userStep({ spec, memory, sight, policy, clockDoubt: inventory.clock.doubt, now });
    if (step.do === 'nothing') return { ...state, next: step.next };
    // An interrupted write is finished also where nothing else may be changed.
    const mayAct = !dryRun || (remember && (step.do === 'finish' || step.do === 'done'));
    if (!mayAct) return { ...state, next: planned(memory, now) };
    if (step.do === 'done') await store.put(renewedTo(memory, found!.certificate));
    if (step.do === 'drop') await drop(run, memory);
    if (step.do === 'request') await store.put(await newUserRequest(memory, spec, found?.certificate ?? null, now));
    if (step.do === 'follow') {
      // What the configuration has changed since need not last longer than what the user has.
      const present = found !== null && isSame(found.certificate.organizations, spec.groups) ? found.certificate : null;
      const exchange = {
        root: request.root,
        kubeconfig: run.source.path,
        clientCas: run.source.clientCas,
        now: () => now,
      };
      const { memory: after, next } = await followRequest(exchange, { memory, spec, present });
      await store.put(after);
      if (next !== null) return { ...state, next };
    }
    if (step.do === 'finish') {
      const why = await finish(run, memory, sight);
      if (why !== null) return { ...state, next: { is: 'failed', until: now, why } };
      state.wrote = sight.state === 'absent' ? 'created' : 'updated';
      reading = await file.read();
    }
  }
  throw new CertagentError('COPY_REFUSED', `${spec.kubeconfig} changes all the time`);
}

async function sightOf(
  { request: { root }, place }: Run,
  reading: Exclude<UserReading, { state: 'failed' }>,
): Promise<UserSight> {
  if (reading.state === 'read') return { state: 'read', found: reading.found };
  return { state: 'absent', isGone: await hasHome(root, place) };
}

/** What would be done, where nothing is. */
function planned({ request }: UserMemory, now: number): UserNext {
  if (request?.postedAt != null)
    return { is: 'waiting', name: request.name, since: request.postedAt, approved: request.approved };
  return { is: 'due', until: now, why: 'nothing is requested while certagent only observes' };
}

async function drop({ request: { root }, source, store }: Run, memory: UserMemory): Promise<void> {
  if (memory.request?.postedAt != null) await withdraw(root, source, memory.request.name);
  await store.put({ ...memory, request: null });
}

/** Writes the accepted certificate with its key. Returns why it could not. */
async function finish({ spec, store, request, source, place, file }: Run, memory: UserMemory, sight: UserSight) {
  const { certificate, key } = memory.request!;
  const pair = { certificate: certificate!, key };
  const now = request.inventory.takenAt;
  if (parseCertificate(pair.certificate).notAfter <= now) {
    await store.put(
      failing({ ...memory, request: null }, 'the signed certificate has expired before it was written', now),
    );
    return `the signed certificate has expired before it was written. ${againBy(spec)}`;
  }
  try {
    if (sight.state === 'absent') await file.create(kubeconfigOf(source, spec.user, pair));
    else await file.replace(pair);
    return null;
  } catch (error) {
    return `the signed certificate cannot be written as ${place.account.name}: ${explain(error)}`;
  }
}
