import { failedInPlace } from '../decide/failed-in-place.ts';
import type { Endpoint, ObservedCertificate } from '../model/inventory.ts';
import type { Step } from '../model/plan.ts';
import type { Draft } from '../plan/draft.ts';
import { expectation, served } from '../plan/expectations.ts';
import type { StepOf } from '../plan/steps/step-rules.ts';
import { hostAndPort } from '../text/host-and-port.ts';
import { day } from '../time/day.ts';
import { HOUR, SECOND } from '../time/duration.ts';
import type { InPlace } from './in-place.ts';
import { loadedAtStart } from './k3s-loaded-at-start.ts';
import { restartWindow } from './restart-window.ts';
import { backupStep, isExpected, type RestartEndpoints, readyStep } from './restarted-unit-plan.ts';
import { leavesMadeAtStart, makesServingLeaves } from './server-leaves.ts';

/**
 * A running K3s loads replaced files: its servers within a second, its clients within five minutes (measured on v1.36.3). So its
 * certificates are the rehearsal's, and those of its agent are signed by the running supervisor, as at a start.
 */
export const k3sInPlace: InPlace = { hindrance, isLeftToNode, steps };

export const ENDPOINTS: RestartEndpoints = { api: 'k3s', listener: 'k3s' };

/** The certificates of the agent, by the last part of the path at which the supervisor signs them. */
const OF_AGENT: Record<string, string> = {
  'agent/client-kubelet': 'client-kubelet.crt',
  'agent/serving-kubelet': 'serving-kubelet.crt',
  'agent/client-kube-proxy': 'client-kube-proxy.crt',
  'agent/client-k3s-controller': 'client-k3s-controller.crt',
};
const KUBELET = 'agent/client-kubelet';
export const KUBELET_SERVING = 'agent/serving-kubelet';

/** What certagent does not begin so shortly before expiry: a client may take five minutes, and an undo as long again. */
const TOO_LATE = HOUR;
/** A server shows a replaced file within a second (measured). */
const SERVED_WITHIN = 10 * SECOND;
/** The running K3s looks at its listener's certificate every 6 hours (read: dynamiclistener). */
const LISTENER_PATIENCE = 7 * HOUR;

function hindrance(draft: Draft, rehearsal: string | null): string | null {
  const { inventory, renewed, heals, rotates, history } = draft;
  const { node, preconditions } = inventory;
  const { version } = node;
  const failed = failedInPlace(history);
  if (failed !== null) return failed;
  if (!makesServingLeaves(version)) return loadsAtStartOnly(version);
  if (rotates === true) return 'only a start issues certificates again that are not due';
  if (heals.length > 0) return 'only a start issues broken certificates again';
  if (rehearsal !== null) return `the certificates would be the rehearsal's, and ${rehearsal}`;
  const atStart = loadedAtStart(draft);
  if (atStart !== null) return atStart;
  const down = preconditions.components.find(({ healthy }) => !healthy);
  if (preconditions.unit?.active !== true || down !== undefined)
    return `K3s does not work now: ${down?.detail ?? preconditions.unit?.detail ?? 'its unit is not known'}`;
  const late = tooLate(draft);
  if (late !== null) return late;
  if (renewed.every((one) => isLeftToNode(one, draft))) return 'the running K3s has not renewed its listener by itself';
  return renewed.flatMap((one) => obstacle(one, draft) ?? [])[0] ?? null;
}

export function loadsAtStartOnly(version: string | null): string {
  return `K3s ${version ?? 'of unknown version'} does not load all of them while it runs: v1.33.1, v1.32.5, v1.31.9, v1.30.13 and later versions do`;
}

export function tooLate({ renewed, inventory: { takenAt } }: Draft): string | null {
  const first = [...renewed].sort((a, b) => a.certificate.notAfter - b.certificate.notAfter)[0];
  if (first === undefined || first.certificate.notAfter >= takenAt + TOO_LATE) return null;
  return `${first.id} ${first.certificate.notAfter < takenAt ? 'has expired' : 'expires within the hour'}, and a running part of K3s can need five minutes to load its successor`;
}

function obstacle(observed: ObservedCertificate, draft: Draft): string | null {
  const { id, certificate, key } = observed;
  if (isLeftToNode(observed, draft)) {
    const window = restartWindow(draft.inventory.node.version);
    return certificate.notAfter < draft.inventory.takenAt + window - LISTENER_PATIENCE
      ? `the running K3s has not renewed its listener by itself, whose certificate expires on ${day(certificate.notAfter)}`
      : null;
  }
  if (!isOfAgent(observed) && !isOfServer(observed, draft)) return `only a start is known to issue ${id} again`;
  // That of a kubeconfig is in the same file.
  if (key.state !== 'matches' && key.state !== 'not-expected') return `only a start mends the private key of ${id}`;
  return null;
}

export const isOfAgent = ({ id }: ObservedCertificate): boolean => Object.hasOwn(OF_AGENT, id);

function isOfServer({ id, place }: ObservedCertificate, { inventory }: Draft): boolean {
  const { version, paths } = inventory.node;
  return place.path === paths.adminKubeconfig || leavesMadeAtStart('k3s', version).includes(id);
}

function isLeftToNode({ id }: ObservedCertificate, { inventory }: Draft): boolean {
  return inventory.served.some(({ endpoint }) => endpoint.name === ENDPOINTS.listener && endpoint.expects === id);
}

/** Not before `hindrance` has said null. */
function steps(draft: Draft): Step[] {
  const { inventory, settings, renewed, rehearsedTo } = draft;
  const ofServer = renewed.filter((one) => !isOfAgent(one)).map((one) => expectation(one, inventory));
  const ofAgent = renewed.filter(isOfAgent);
  return [
    backupStep(draft),
    ...(ofServer.length === 0 ? [] : [{ kind: 'install-rehearsed' as const, from: rehearsedTo!, leaves: ofServer }]),
    ...(ofAgent.length === 0 ? [] : [fetchStep(draft, ofAgent, supervisorOf(draft))]),
    { kind: 'verify-files', expect: renewed.map((one) => expectation(one, inventory)) },
    servedStep(draft),
    readyStep(draft, { unit: inventory.preconditions.unit!.name, endpoints: ENDPOINTS }, settings.limits.restart),
    clientsStep(draft),
  ];
}

/** `server`: the address at which the supervisor signs them. */
export function fetchStep(draft: Draft, leaves: ObservedCertificate[], server: string): StepOf<'fetch-leaves'> {
  const { inventory, settings } = draft;
  const serving = inventory.certificates.find(({ id }) => id === KUBELET_SERVING);
  const agent = agentDirectory(draft);
  return {
    kind: 'fetch-leaves',
    leaves: leaves.map((one) => ({ resource: OF_AGENT[one.id]!, expect: expectation(one, inventory) })),
    server,
    ca: `${agent}/server-ca.crt`,
    client: { certificatePath: `${agent}/client-kubelet.crt`, keyPath: `${agent}/client-kubelet.key` },
    password: '/etc/rancher/node/password',
    node: nodeIn(inventory) ?? inventory.node.name,
    addresses: (serving?.certificate.sans ?? []).flatMap((san) => addressIn(san) ?? []),
    limit: settings.limits.served,
  };
}

/** The name of this node's Node: that in the certificate of its kubelet. */
export function nodeIn({ certificates }: Draft['inventory']): string | null {
  const { commonName } = certificates.find(({ id }) => id === KUBELET)?.certificate ?? {};
  return commonName?.startsWith(OF_NODE) === true ? commonName.slice(OF_NODE.length) : null;
}

const OF_NODE = 'system:node:';

/** The supervisor adds those of loopback itself. */
function addressIn(san: string): string | null {
  const address = /^IP:(.+)$/.exec(san)?.[1] ?? null;
  return address === null || /^(127\.|::1$|0:0:0:0:0:0:0:1$)/.test(address) ? null : address;
}

export const agentDirectory = ({ inventory: { node } }: Draft): string =>
  `${node.paths.dataDir ?? '/var/lib/rancher/k3s'}/agent`;

function supervisorOf(draft: Draft): string {
  const { host, port } = listenerOf(draft);
  return `https://${hostAndPort(host, port)}`;
}

function listenerOf({ inventory }: Draft): Endpoint {
  return inventory.served.find(({ endpoint }) => endpoint.name === ENDPOINTS.listener)!.endpoint;
}

export function servedStep({ inventory }: Draft): Step {
  const also = (inventory.preconditions.alsoServes ?? []).map((endpoint) => ({
    endpoint,
    state: 'unreachable' as const,
    detail: '',
  }));
  const endpoints = served({ inventory: { ...inventory, served: [...inventory.served.filter(isExpected), ...also] } });
  return { kind: 'verify-served', endpoints, limit: SERVED_WITHIN };
}

/** How long clients have to load new files: of 6 minutes, in which they look once, five. Milliseconds. */
export const loadingTime = (limit: number): number => Math.round((limit * 5) / 6);

function clientsStep(draft: Draft): Step {
  const { inventory, settings, renewed } = draft;
  const { node } = inventory;
  const { clients } = settings.limits;
  const { host, port } = listenerOf(draft);
  return {
    kind: 'await-clients',
    api: { host, port },
    kubeconfig: node.paths.adminKubeconfig!,
    previous: renewed.map(({ place, certificate }) => ({ path: place.path, notAfter: certificate.notAfter })),
    node: nodeIn(inventory),
    patience: loadingTime(clients),
    quiet: Math.round(clients / 8),
    limit: clients,
  };
}
