import type { Disruption } from './disruption.ts';
import type { Intent } from './intent.ts';
import type { ClusterSeen, PeerSeen } from './seen.ts';
import { type Next, POLL, waiting } from './turn.ts';

/** What has to be well before this node stops a server; null: all is. From the last resort on nothing is waited for. */
export function obstacleTo({ disruption, isUrgent }: Intent, seen: ClusterSeen, peers: PeerSeen[]): Next | null {
  if (disruption.kind !== 'stops' || isUrgent) return null;
  const risk = quorumAtRisk(disruption, seen);
  if (risk !== null)
    return { turn: { kind: 'blocked', blocker: { code: 'QUORUM_AT_RISK', why: risk, remedy: REMEDY }, again: POLL } };
  return awaited(peers);
}

/** Waits for the first of them that is not ready; null: all are. */
export function awaited(peers: PeerSeen[]): Next | null {
  const away = peers.find(({ ready }) => !ready);
  return away === undefined ? null : waiting('PEERS_NOT_READY', away.name, `${away.name} is not ready: ${away.detail}`);
}

const REMEDY =
  'Bring the other members of etcd back; certagent goes on by itself. From 7 days before expiry it accepts seconds without quorum; to accept them now: certagent renew --yes --force';

/** Where stopping this node's member of etcd would leave too few others, or where nobody can tell; null: enough are healthy. */
function quorumAtRisk({ etcd: stops }: Disruption, { self, etcd }: ClusterSeen): string | null {
  if (!stops || etcd.kind === 'outside') return null;
  if (etcd.kind === 'unknown') return `the members of etcd are not known: ${etcd.detail}`;
  const { members } = etcd;
  if (members.length <= 1) return null;
  const others = members.filter(({ node }) => node !== self);
  const healthy = others.filter((member) => member.healthy).length;
  const quorum = Math.floor(members.length / 2) + 1;
  if (healthy >= quorum) return null;
  const away = others.filter((member) => !member.healthy).map(({ node, name, detail }) => `${node ?? name}: ${detail}`);
  const counted = `etcd needs ${quorum} of its ${members.length} members, and without this one ${healthy} would be healthy`;
  return away.length === 0 ? counted : `${counted} (${away.join('; ')})`;
}

/** Whether all that a plan stops is away already, so that it takes nothing from the cluster. */
export function isDownAlready({ kind, etcd, api }: Disruption, { own, etcd: seen }: ClusterSeen): boolean {
  if (kind !== 'stops' || (api && own.ready)) return false;
  return !etcd || seen.kind === 'outside' ? api : own.etcd === false;
}

/** Whether anybody's API answers: then a Lease can be had, sooner or later. */
export function apiAnswers({ own, peers }: ClusterSeen): boolean {
  return own.ready || peers.some(({ ready }) => ready);
}
