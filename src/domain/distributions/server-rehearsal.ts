import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { ServerRehearsal } from '../model/rehearsal.ts';
import type { Draft } from '../plan/draft.ts';
import { expectation, filesOf } from '../plan/expectations.ts';
import { MINUTE } from '../time/duration.ts';
import {
  authoritiesOf,
  type Hindrance,
  lacking,
  MEBIBYTE,
  mebibytes,
  type Rehearsing,
  SANDBOX_MEMORY,
} from './rehearsing.ts';
import { dataDirectory, SUPERVISOR_HEALTH, triggerPath } from './restarted-unit-plan.ts';
import { canRotate } from './server-leaves.ts';

const UNIT = 'k3s';

/**
 * A start of K3s's server without its agent needs nothing but its own files: no kubelet, no container, and no peer either once
 * the copy of an etcd member is made a cluster of its own.
 */
export const serverRehearsing: Rehearsing = { hindrance, of };

/** RKE2's cannot be shut in. */
export const podsRehearsing: Rehearsing = {
  hindrance: ({ node }) =>
    node.role === 'agent'
      ? AGENT
      : { why: 'a start of RKE2 replaces static pods through the kubelet and containerd, which cannot run on copies' },
  of: () => null,
};

/** The copy is read from and written to the disk that the live member syncs its log to, which must not wait long. */
const MOST_OF_ETCD = 1024 * MEBIBYTE;

const AGENT: Hindrance = {
  why: "an agent's start needs its server; certagent checks before the restart that one answers",
  replaced: true,
};

function hindrance(inventory: Inventory): Hindrance | null {
  const { node, preconditions } = inventory;
  if (node.role === 'agent') return AGENT;
  const datastore = preconditions.rehearsal?.datastore;
  if (datastore === 'external') return { why: 'its datastore is a database elsewhere, and a start writes to it' };
  const size = datastore === 'etcd' ? preconditions.rehearsal!.copyBytes : 0;
  if (size > MOST_OF_ETCD)
    return { why: `its embedded etcd is too large to copy (${mebibytes(size)}, at most ${mebibytes(MOST_OF_ETCD)})` };
  const lacks = lacking(inventory, SANDBOX_MEMORY);
  if (lacks !== null) return lacks;
  if (datastore === null) return { why: 'its datastore was not found on this node' };
  if (preconditions.components.some(({ health }) => health?.path === SUPERVISOR_HEALTH))
    return { why: 'this server has no kube-apiserver of its own' };
  if (endpointsOf(inventory).listener === undefined || node.paths.adminKubeconfig === null)
    return { why: 'certagent does not know where its API answers' };
  return null;
}

/** Not before `hindrance` has said null. */
function of(draft: Draft): { rehearsal: ServerRehearsal; cure: string | null } {
  const { inventory, settings, renewed, heals, rotates } = draft;
  const { node, preconditions } = inventory;
  const { paths } = node;
  const dataDir = dataDirectory(paths);
  const kubeconfig = paths.adminKubeconfig!;
  const { api, listener } = endpointsOf(inventory);
  const ownListener = renewed.find(({ id }) => id === listener!.expects);
  const isExpired = ownListener !== undefined && ownListener.certificate.notAfter < inventory.takenAt;
  const trigger = triggerPath(paths);
  const isOfServer = ({ place }: ObservedCertificate) =>
    place.path === kubeconfig || place.path.startsWith(`${dataDir}/server/`);
  const broken = heals.filter(({ id }) => renewed.every((one) => one.id !== id));
  return {
    rehearsal: {
      kind: 'start',
      unit: preconditions.unit?.name ?? UNIT,
      program: 'k3s',
      dataDir,
      configDir: '/etc/rancher/k3s',
      kubeconfig,
      datastore: preconditions.rehearsal!.datastore as ServerRehearsal['datastore'],
      health: { scheme: 'https', host: api!.host, port: api!.port, path: '/readyz' },
      settle: settings.limits.settle,
      listener: {
        host: listener!.host,
        port: listener!.port,
        path: ownListener?.place.path ?? `${paths.certificatesDir}/dynamic-cert.json`,
        expect: ownListener === undefined ? null : expectation(ownListener, inventory),
      },
      // `certificate rotate` removes every leaf and leaves the trigger.
      trigger: rotates === true ? trigger : null,
      remove: [
        ...heals.flatMap(({ path, keyPath }) => [path, keyPath]),
        ...(rotates === true ? filesOf(inventory.certificates.filter(isRotated(node.distribution))) : []),
      ],
      authorities: authoritiesOf(inventory),
      certificates: [
        ...renewed.filter((one) => one !== ownListener && isOfServer(one)).map((one) => expectation(one, inventory)),
        ...broken.map((leaf) => ({ ...leaf, old: null })),
      ],
      limit: Math.min(settings.limits.restart, LIMIT),
      memory: SANDBOX_MEMORY,
    },
    cure: isExpired && rotates !== true && canRotate(node.version) ? trigger : null,
  };
}

/** A start that succeeds takes 5 s, and twice that on a small board. */
const LIMIT = 3 * MINUTE;

function isRotated(distribution: Inventory['node']['distribution']) {
  return ({ owner, place }: ObservedCertificate) => owner === distribution && place.kind === 'pem';
}

/** With a supervisor's port of its own the API is a listener of its own. */
function endpointsOf({ served }: Inventory) {
  const listener = served.find(({ endpoint }) => endpoint.name === 'k3s')?.endpoint;
  return { listener, api: served.find(({ endpoint }) => endpoint.name === 'kube-apiserver')?.endpoint ?? listener };
}
