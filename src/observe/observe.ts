import { hostname } from 'node:os';
import type { Config } from '../config/schema.ts';
import { nameInCluster } from '../domain/cluster/name-in-cluster.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { explain } from '../domain/model/errors.ts';
import type { Finding, Inventory, ObservedCertificate } from '../domain/model/inventory.ts';
import { said, short } from '../domain/text/printable.ts';
import { clockTrust, timeZone } from '../host/clock.ts';
import type { Root } from '../host/root.ts';
import { detect } from './detect.ts';
import { addIssuance } from './issuance.ts';
import { text } from './node-files.ts';
import { observeHooks } from './observe-hooks.ts';
import { observeRequests } from './observe-requests.ts';
import type { Detected } from './observer.ts';
import { observePreconditions, observeUnit } from './preconditions.ts';
import { probeServed } from './probe.ts';
import { readSources } from './read-sources.ts';
import { readWatched } from './read-watched.ts';
import type { ReadCertificate, SourceRead } from './source.ts';

export type ObserveOptions = {
  root: Root;
  config: Pick<Config, 'watch'> & { node: Pick<Config['node'], 'unit' | 'name'> } & Partial<Pick<Config, 'hooks'>> & {
      renew?: Pick<Config['renew'], 'kubeadm_config'>;
    };
  now: Instant;
  /** Called as soon as it is known what kind of node this is. */
  detected?: ((node: Pick<Detected, 'distribution' | 'paths'>) => void) | undefined;
};

/**
 * Everything on the node that bears on a decision. What cannot be read is a finding, never an exception; no private key
 * and no token is in the result. Users' kubeconfig copies are not opened here: see `withCopies`.
 */
export async function observe({ root, config, now, detected }: ObserveOptions): Promise<Inventory> {
  const node = await detect(root, config.node.unit?.replace(/\.service$/, '') ?? null);
  detected?.(node);
  const unit = observeUnit(root, node);
  const [version, clock, zone, hooks, { reads, findings }] = await Promise.all([
    node.version(),
    clockTrust(root).catch((error) => ({ synchronized: null, detail: explain(error) })),
    timeZone(root),
    observeHooks(root, config.hooks ?? []),
    readEverything(root, node, config),
  ]);
  const certificates = addIssuance(withUniqueIds(reads.flatMap((read) => read.certificates)));
  const [requests, served, preconditions, apiServer] = await Promise.all([
    observeRequests(root, certificates),
    probeServed(root, node, certificates),
    observePreconditions(root, node, unit, version, now, reads, certificates),
    node.apiServer?.(config.renew?.kubeadm_config ?? null) ?? null,
  ]);
  const { distribution, role, paths, missing } = node;
  return {
    takenAt: now,
    node: {
      name: config.node.name ?? (await nodeName(root, node, certificates)),
      distribution,
      role,
      version,
      timeZone: zone,
      paths,
      missing,
    },
    certificates,
    findings,
    served,
    preconditions: { ...preconditions, ...(apiServer === null ? {} : { apiServer }) },
    // The daemon judges the clock: it knows what it showed before.
    clock: { ...clock, doubt: null },
    ...(hooks.hooks.length + hooks.refused.length === 0 ? {} : { hooks }),
    ...(requests.length === 0 ? {} : { requests }),
  };
}

async function readEverything(
  root: Root,
  node: Detected,
  config: ObserveOptions['config'],
): Promise<{ reads: SourceRead[]; findings: Finding[] }> {
  const own = await node.sources();
  const read = await readSources(root, own);
  const watched = await readWatched(root, config.watch.paths, new Set(read.map(({ source }) => source.path)));
  const reads = [...read, ...watched.reads];
  return {
    reads,
    findings: [...(node.findings ?? []), ...watched.findings, ...reads.flatMap(({ finding }) => finding ?? [])],
  };
}

/** A kubeconfig may have two users of the same name; ids are still unique. */
function withUniqueIds(read: ReadCertificate[]): ReadCertificate[] {
  const seen = new Map<string, number>();
  return read.map((one) => {
    let count = seen.get(one.id) ?? 0;
    let id = one.id;
    // Another certificate's own name may look like a number of ours.
    while (seen.has(id)) id = `${one.id}~${++count + 1}`;
    seen.set(one.id, count);
    seen.set(id, 0);
    return id === one.id ? one : { ...one, id };
  });
}

/** As the cluster knows it: the name in the kubelet's client certificate; else the host's. */
async function nodeName(root: Root, node: Detected, certificates: ObservedCertificate[]): Promise<string> {
  const inCluster = nameInCluster(node, certificates);
  if (inCluster !== null) return short(inCluster, NAME_LIMIT);
  const given = said((await text(root, '/etc/hostname')) ?? '', (line) => !line.startsWith('#'), NAME_LIMIT);
  return given ?? (root.isMachine ? hostname() : 'unknown');
}

/** Of a DNS name. */
const NAME_LIMIT = 253;
