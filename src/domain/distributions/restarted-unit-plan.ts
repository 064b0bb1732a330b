import type { HealthCheck } from '../model/health-check.ts';
import type { ComponentName, Endpoint, NodePaths, ObservedCertificate, ServedCertificate } from '../model/inventory.ts';
import type { ServedExpectation, Step } from '../model/plan.ts';
import type { Draft } from '../plan/draft.ts';
import { expectation, filesOf, served, servedSteps } from '../plan/expectations.ts';
import type { AwaitPodsStep } from '../plan/steps/await-pods.ts';
import type { RegenerateListenerStep } from '../plan/steps/regenerate-listener.ts';
import type { StepOf } from '../plan/steps/step-rules.ts';
import { SECOND } from '../time/duration.ts';
import { LISTENER_TRIGGER } from './server-leaves.ts';

/** `api` answers for Kubernetes; `listener` serves the certificate that is renewed some time after the start. */
export type RestartEndpoints = { api: Endpoint['name']; listener: Endpoint['name'] };

/** `startsWithin`: milliseconds that a server's start may need whatever the configuration says. */
export type UsualUnit = { unit: string; program: string; endpoints: RestartEndpoints; startsWithin: number };

/** What a server without a kube-apiserver is asked: its supervisor answers anyone. */
export const SUPERVISOR_HEALTH = '/ping';

/** The unit restarts and renews; on a server a step of its own waits for the listener's certificate. */
export function restartSteps(draft: Draft, usual: UsualUnit): Step[] {
  const { inventory, settings, renewed, heals } = draft;
  const { paths, role } = inventory.node;
  const unit = inventory.preconditions.unit?.name ?? usual.unit;
  const endpoints = role === 'server' ? served(draft) : [];
  const listener = endpoints.find(({ name }) => name === usual.endpoints.listener);
  const ownListener = renewed.find(({ id }) => id === listener?.expects);
  const limit = Math.max(settings.limits.restart, role === 'server' ? usual.startsWithin : 0);
  // The command creates the trigger file itself.
  const first =
    draft.rotates === true
      ? rotationSteps(draft, { unit, program: usual.program, limit })
      : triggerFor(ownListener, draft);
  const created = role === 'server' ? [triggerPath(paths)] : [];
  const isCreated = first.some((step) => step.kind !== 'regenerate-listener' || step.asRehearsed !== true);
  const mayHang = ownListener === undefined || isCreated || role !== 'server' ? null : ownListener.place.path;
  const broken = heals.flatMap(({ path, keyPath }) => [path, keyPath]);
  // Every leaf but the listener's is written before the unit is ready.
  const written = [
    ...renewed.filter((one) => one !== ownListener).map((one) => expectation(one, inventory)),
    // Nothing is known of a certificate that could not be read but where it must be, and who must have signed it.
    ...heals.filter(({ id }) => renewed.every((one) => one.id !== id)).map((leaf) => ({ ...leaf, old: null })),
  ];
  return [
    backupStep(draft, [...created, ...broken]),
    ...(heals.length === 0 ? [] : [{ kind: 'remove-leaves' as const, leaves: heals }]),
    ...first,
    {
      kind: 'restart-unit',
      unit,
      limit,
      ...(mayHang === null ? {} : { listener: { path: mayHang, trigger: triggerPath(paths) } }),
    },
    readyStep(draft, { ...usual, unit }, limit),
    ...podSteps(draft, unit, limit),
    ...(listener === undefined || ownListener === undefined
      ? []
      : [
          {
            kind: 'await-listener' as const,
            endpoint: endpointOf(listener),
            expect: expectation(ownListener, inventory),
            limit: settings.limits.listener,
          },
        ]),
    { kind: 'verify-files', expect: written },
    ...servedSteps({ ...draft, inventory: { ...inventory, served: inventory.served.filter(isExpected) } }),
  ];
}

/** Of everything that a start or a step of the plan may write, and of `more`. */
export function backupStep({ inventory, backup }: Draft, more: string[] = []): StepOf<'backup'> {
  const { paths, role, distribution } = inventory.node;
  const directories = role === 'server' ? [paths.certificatesDir, paths.kubeconfigDir] : [];
  const elsewhere = filesOf(inventory.certificates.filter(({ owner }) => owner === distribution)).filter(
    (file) => !directories.some((directory) => file.startsWith(`${directory}/`)),
  );
  return { kind: 'backup', directory: backup, files: [...elsewhere, ...more], directories };
}

export function readyStep(
  { inventory, settings }: Draft,
  { unit, endpoints: { api: name } }: Pick<UsualUnit, 'unit' | 'endpoints'>,
  limit: number,
): StepOf<'await-ready'> {
  const { paths, role } = inventory.node;
  const endpoints = role === 'server' ? served({ inventory }) : [];
  // A listener of the API's own is asked itself.
  const api = endpoints.find((one) => one.name === 'kube-apiserver') ?? endpoints.find((one) => one.name === name);
  const withoutApi = healthWithoutApi(inventory);
  // The operator may have moved or removed the administrator's kubeconfig: the supervisor has one of its own.
  const hasKubeconfig = inventory.certificates.some(({ place }) => place.path === paths.adminKubeconfig);
  return {
    kind: 'await-ready',
    unit,
    health:
      withoutApi ?? (api === undefined ? null : { scheme: 'https', host: api.host, port: api.port, path: '/readyz' }),
    kubeconfig:
      api === undefined || withoutApi !== null
        ? null
        : hasKubeconfig
          ? paths.adminKubeconfig
          : `${paths.kubeconfigDir}/admin.kubeconfig`,
    settle: settings.limits.settle,
    limit,
  };
}

/** Programs in static pods that read these certificates when they start. Servers are compared by what they show. */
const LOADED: Partial<Record<ComponentName, string[]>> = {
  'kube-controller-manager': ['client-controller', 'kube-controller-manager/kube-controller-manager'],
  'kube-scheduler': ['client-scheduler', 'kube-scheduler/kube-scheduler'],
};

function podSteps({ inventory, renewed }: Draft, unit: string, limit: number): AwaitPodsStep[] {
  const pods = (inventory.preconditions.unitPods ?? []).flatMap((seen) => {
    const loads = renewed.filter(({ id }) => LOADED[seen.component]?.includes(id)).map(({ place }) => place.path);
    return loads.length === 0 ? [] : [{ ...seen, loads }];
  });
  return pods.length === 0 ? [] : [{ kind: 'await-pods', unit, pods, limit }];
}

/** As it was asked when it was observed; null: its API is asked. */
function healthWithoutApi({ preconditions }: Draft['inventory']): HealthCheck | null {
  const asked = preconditions.components.map(({ health }) => health);
  return asked.find((health) => health?.path === SUPERVISOR_HEALTH) ?? null;
}

/** Every leaf that the server's next start issues again, with its key: what the command removes. */
function rotationSteps(
  { inventory }: Draft,
  { unit, program, limit }: { unit: string; program: string; limit: number },
): Step[] {
  const { paths, distribution } = inventory.node;
  const leaves = inventory.certificates.filter(({ owner, place }) => owner === distribution && place.kind === 'pem');
  return [
    { kind: 'stop-unit', unit, limit },
    {
      kind: 'rotate-leaves',
      program,
      argv: ['certificate', 'rotate', '--data-dir', dataDirectory(paths)],
      writes: [...filesOf(leaves), triggerPath(paths)],
      server: serverDirectory(paths),
      limit: ROTATE_LIMIT,
    },
  ];
}

const ROTATE_LIMIT = 30 * SECOND;

/** Of a server, which keeps its certificates in `server/tls` below its data directory. */
export const serverDirectory = ({ certificatesDir }: NodePaths): string => certificatesDir.replace(/\/[^/]+$/, '');
export const dataDirectory = (paths: NodePaths): string => serverDirectory(paths).replace(/\/[^/]+$/, '');
export const triggerPath = ({ certificatesDir }: NodePaths): string => `${certificatesDir}/${LISTENER_TRIGGER}`;

function triggerFor(
  listener: ObservedCertificate | undefined,
  { inventory, isRehearsed }: Draft,
): RegenerateListenerStep[] {
  if (listener === undefined || listener.certificate.notAfter >= inventory.takenAt) return [];
  const isKnown = isRehearsed === true ? { asRehearsed: true as const } : {};
  return [{ kind: 'regenerate-listener', path: triggerPath(inventory.node.paths), ...isKnown }];
}

/** A server can run without these two: the plan does not wait for what did not answer before the restart. */
export function isExpected({ endpoint, state }: ServedCertificate): boolean {
  return state !== 'unreachable' || !OPTIONAL.includes(endpoint.name);
}

const OPTIONAL: Endpoint['name'][] = ['kube-controller-manager', 'kube-scheduler'];

function endpointOf({ name, host, port, expects }: ServedExpectation): Endpoint {
  return { name, host, port, expects };
}
