import { makeAccessReader } from '../../cluster/api/access.ts';
import { makeApi } from '../../cluster/api/api.ts';
import { loadMembers } from '../../cluster/members-file.ts';
import { ownServer, peerUrls } from '../../cluster/own-server.ts';
import { seeCluster } from '../../cluster/see-cluster.ts';
import { degradedBy } from '../../domain/cluster/degraded.ts';
import { LEASE } from '../../domain/cluster/lease.ts';
import type { ClusterSeen } from '../../domain/cluster/seen.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { foreignRoot } from '../../host/trust.ts';
import { type Check, type Finding, ok, warning } from './doctor-check.ts';

/** What the turn of this node rests on: the Lease, the other servers, the members of etcd. It writes nothing. */
export const cluster: Check = {
  title: 'the other servers of the cluster',
  limit: 40 * SECOND,
  async run({ root, config, view: { inventory } }) {
    if (config.cluster.coordinate === 'none') return [ok('not wanted (cluster.coordinate = "none")')];
    const own = ownServer(inventory, config.cluster.kubeconfig);
    if (own === null) return [ok('this node takes no turns with others')];
    if ((await foreignRoot(root)) !== null)
      return [warning('not checked: others can write to this image', 'Check it on the node itself.')];
    const remembered = (await loadMembers(root)) ?? [];
    const access = makeAccessReader(root, own.kubeconfig);
    const api = makeApi({ access, peers: () => peerUrls(own, remembered) });
    const clocks = () => ({ wall: Date.now(), steady: performance.now() });
    const { seen } = await seeCluster({ root, own, access, api, clocks, remembered });
    if (seen.peers.length === 0 && seen.members !== null) return [ok('this is the only server: it waits for nobody')];
    return [...leaseFindings(seen), ...peerFindings(seen), ...etcdFindings(seen)];
  },
};

const NAME = `${LEASE.namespace}/${LEASE.name}`;
const UNTIL =
  'Until then nothing is stopped on this node, except in the last 7 days before expiry, or with: certagent renew --yes --force';

function leaseFindings(seen: ClusterSeen): Finding[] {
  const degraded = degradedBy(seen);
  if (degraded !== null) return [warning(degraded.why, degraded.remedy)];
  const { lease } = seen;
  if (lease.state === 'unreadable')
    return [
      warning(`the Lease ${NAME} cannot be read: ${lease.detail}`, 'See whether the API answers: kubectl get nodes'),
    ];
  if (lease.state === 'absent') return [ok(`the Lease ${NAME} does not exist yet; certagent makes it`)];
  return [ok(`the Lease ${NAME} can be read; ${lease.record.holder ?? 'nobody'} holds it`)];
}

function peerFindings({ peers }: ClusterSeen): Finding[] {
  const away = peers.filter(({ ready }) => !ready);
  if (peers.length === 0) return [warning('no other server is known, and none can be asked', UNTIL)];
  if (away.length === 0) return [ok(`ready: ${peers.map(({ name }) => name).join(', ')}`)];
  return away.map(({ name, detail }) =>
    warning(`${name} is not ready: ${detail}`, `See why the API of ${name} does not answer. ${UNTIL}`),
  );
}

function etcdFindings({ etcd }: ClusterSeen): Finding[] {
  if (etcd.kind === 'outside') return [];
  if (etcd.kind === 'unknown') return [warning(`the members of etcd are not known: ${etcd.detail}`, UNTIL)];
  const away = etcd.members.filter(({ healthy }) => !healthy);
  if (away.length === 0) return [ok(`etcd has ${etcd.members.length} members, all healthy`)];
  return away.map(({ node, name, detail }) =>
    warning(`the member ${node ?? name} of etcd is not healthy: ${detail}`, `Bring it back. ${UNTIL}`),
  );
}
