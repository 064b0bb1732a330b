import { stat } from 'node:fs/promises';
import type { EtcdSeen, MemberSeen } from '../domain/cluster/seen.ts';
import { short } from '../domain/text/printable.ts';
import { readSmall } from '../host/files.ts';
import { followLinks } from '../host/links.ts';
import type { Root } from '../host/root.ts';
import { flag, list, object, optional, readAs, type Shape, text } from '../host/shape.ts';
import { exchange, send, type Target } from './api/send.ts';
import { isPlausible, type Member, MOST_MEMBERS } from './members-file.ts';
import type { OwnEtcd } from './own-server.ts';
import type { Ready } from './readyz.ts';

const LIMIT = 4_000;

/** What this node's member of etcd says. `servers`: the nodes of all members, learners too. */
export type EtcdList =
  | { kind: 'outside' }
  | { kind: 'unknown'; detail: string; own: boolean | null }
  | { kind: 'members'; own: Health; voting: MemberBody[]; servers: Member[]; isEmbedded: boolean; target: Target };

type Health = { ok: boolean; detail: string };

export async function listEtcd(root: Root, own: OwnEtcd | null, signal?: AbortSignal): Promise<EtcdList> {
  // K3s keeps its data in SQLite or in a database elsewhere: it has the client's certificate all the same.
  if (own === null || (own.data !== null && !(await isThere(root, own.data)))) return { kind: 'outside' };
  const target = await targetOf(root, own);
  if (target === null) return { kind: 'unknown', detail: 'the client certificate for etcd cannot be read', own: null };
  const [health, listed] = await Promise.all([
    askHealth(target, target.server, signal),
    send(target, { method: 'POST', path: '/v3/cluster/member/list', body: {}, limit: LIMIT, signal }),
  ]);
  if (!listed.ok) return { kind: 'unknown', detail: listed.problem.detail, own: health.ok };
  const read = readAs(SHAPE, listed.value);
  const members = read.fits ? (read.value.members ?? []) : [];
  if (members.length === 0 || members.length > MOST_MEMBERS)
    return { kind: 'unknown', detail: 'the answer of etcd is not a list of members', own: health.ok };
  const isEmbedded = own.data !== null;
  const servers = members.map((member) => serverOf(member, isEmbedded)).filter(isPlausible);
  const voting = members.filter(({ isLearner }) => isLearner !== true);
  return { kind: 'members', own: health, voting, servers, isEmbedded, target };
}

/** `ready`: what each server answered to /readyz. */
export async function judgeEtcd(
  listed: EtcdList,
  known: { self: string; servers: Member[]; ready: Map<string, Ready> },
  signal?: AbortSignal,
): Promise<{ etcd: EtcdSeen; own: boolean | null }> {
  if (listed.kind === 'outside') return { etcd: { kind: 'outside' }, own: null };
  if (listed.kind === 'unknown') return { etcd: { kind: 'unknown', detail: listed.detail }, own: listed.own };
  const members = await Promise.all(
    listed.voting.map(async (member): Promise<MemberSeen> => {
      const hosts = urlsOf(member).map(hostOf);
      const { servers, self } = known;
      const named = serverOf(member, listed.isEmbedded).name;
      const isNamed = servers.some(({ name }) => name === named);
      const byAddress = servers.find(({ addresses }) => addresses.some((address) => hosts.includes(address)));
      const node = isNamed ? named : (byAddress?.name ?? null);
      const health = node === self ? listed.own : await healthOf(member, node);
      return { name: short(member.name ?? '', 100), node, healthy: health.ok, detail: health.detail };
    }),
  );
  return { etcd: { kind: 'members', members }, own: listed.own.ok };

  async function healthOf(member: MemberBody, node: string | null): Promise<Health> {
    if (listed.kind !== 'members') return { ok: false, detail: '' };
    // Another server's embedded member answers on its own loopback only; its /readyz includes it.
    if (listed.isEmbedded) {
      const peer = node === null ? undefined : known.ready.get(node);
      return { ok: peer?.ready ?? false, detail: peer?.detail ?? 'its server is not known' };
    }
    const url = urlsOf(member).find(({ protocol }) => protocol === 'https:');
    return url === undefined ? { ok: false, detail: 'it has no address' } : askHealth(listed.target, url, signal);
  }
}

async function askHealth(target: Target, server: URL, signal?: AbortSignal): Promise<Health> {
  const there = { ...target, server, names: [hostOf(server)] };
  const answer = await exchange(there, { method: 'GET', path: '/health', limit: LIMIT, signal });
  if (!answer.ok) return { ok: false, detail: answer.problem.detail };
  const { status, text: said } = answer.value;
  const ok = status === 200 && /"health":\s*"?true"?/.test(said);
  return { ok, detail: ok ? 'healthy' : `${server.host} answers HTTP ${status} to /health` };
}

async function isThere(root: Root, path: string): Promise<boolean> {
  return followLinks(root, path)
    .then(stat)
    .then(
      () => true,
      () => false,
    );
}

async function targetOf(root: Root, { url, certificate, key, ca }: OwnEtcd): Promise<Target | null> {
  const read = async (path: string) => (await readSmall(await followLinks(root, path))).bytes.toString('utf8');
  try {
    const server = new URL(url);
    const client = { certificate: await read(certificate), key: await read(key) };
    return { server, ca: await read(ca), names: [hostOf(server)], client, token: null };
  } catch {
    return null;
  }
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');
const urlsOf = ({ clientURLs }: MemberBody): URL[] => (clientURLs ?? []).flatMap((url) => URL.parse(url) ?? []);

/** kubeadm names a member as its node; K3s and RKE2 add a dash and eight hexadecimal digits. */
function serverOf(member: MemberBody, isEmbedded: boolean): Member {
  const name = member.name ?? '';
  return { name: isEmbedded ? name.replace(/-[0-9a-f]{8}$/, '') : name, addresses: urlsOf(member).map(hostOf) };
}

/** proto3's JSON leaves out what is false or empty; a member that has not started yet has no name. */
type MemberBody = { name?: string; clientURLs?: string[]; isLearner?: boolean };

const SHAPE: Shape<{ members?: MemberBody[] }> = object({
  members: optional(
    list(object({ name: optional(text), clientURLs: optional(list(text)), isLearner: optional(flag) })),
  ),
});
