import type { Instant } from '../model/certificate.ts';
import type { LeaseRecord } from './lease.ts';

/**
 * `wall`: the time of day, which differs between nodes and can be set back. `steady`: milliseconds of a clock of this process
 * that only runs forward (`performance.now()`). What is measured here is measured with `steady`; a time that another node wrote
 * is shown to people and compared with nothing.
 */
export type Clocks = { wall: Instant; steady: number };

export type LeaseSeen =
  | { state: 'read'; record: LeaseRecord }
  /** 404: nobody has created it yet. */
  | { state: 'absent' }
  /** `no-credentials`: none, expired ones, or 401. `forbidden`: 403. `away`: no answer, a time-out, 429, 5xx. */
  | { state: 'unreadable'; why: 'no-credentials' | 'forbidden' | 'away'; detail: string };

/** Another control-plane node. `ready`: its `/readyz` answered with ok. */
export type PeerSeen = { name: string; ready: boolean; detail: string };

/** A voting member of etcd; learners do not count. `node`: this node, a peer's name, or null when it is not known. */
export type MemberSeen = { name: string; node: string | null; healthy: boolean; detail: string };

export type EtcdSeen =
  /** An external database or an external etcd: nothing that this node stops is a member. */
  | { kind: 'outside' }
  /** All voting members, this node's included. */
  | { kind: 'members'; members: MemberSeen[] }
  | { kind: 'unknown'; detail: string };

/** What a server of the cluster knows of the others at one moment. */
export type ClusterSeen = {
  /** Name of this node, as its Node has it: the holder's identity in the Lease. */
  self: string;
  /** When the first of these questions was sent, and when the last was answered. */
  asked: Clocks;
  at: Clocks;
  lease: LeaseSeen;
  /** Names of all control-plane nodes, as the API or etcd lists them now; null: neither answered. */
  members: string[] | null;
  /** Every other node of `members`; without these, of the membership that the memory holds. */
  peers: PeerSeen[];
  etcd: EtcdSeen;
  /** `etcd`: this node's own member; null: there is none, or it cannot be asked. */
  own: { ready: boolean; etcd: boolean | null };
};
