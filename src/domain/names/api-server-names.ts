import { isLeaf } from '../decide/ownership.ts';
import type { ApiServerFacts, KubeadmApiServer, ReadKubeadmConfig } from '../model/api-server-facts.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import { covers, firstOf, hostOf, isLoopback, isUnspecified, sanOf } from './san.ts';

/** A name that the API server's certificate should have, and what says so, in words for a person. */
export type ApiServerName = { san: string; from: string };

/** A certificate of the API server, and what it lacks. */
export type MissingNames = { observed: ObservedCertificate; names: ApiServerName[] };

/** Each certificate of the API server that lacks a name by which clients reach it, as far as the node's own files say so. */
export function missingNames({ certificates, preconditions }: Inventory): MissingNames[] {
  const { apiServer } = preconditions;
  if (apiServer === undefined) return [];
  const names = namesOf(apiServer);
  const ids = apiServer.by === 'manifest' ? [KUBEADM_APISERVER] : apiServer.certificates;
  return certificates
    .filter((observed) => ids.includes(observed.id) && isLeaf(observed))
    .map((observed) => ({ observed, names: names.filter(({ san }) => !covers(observed.certificate.sans, san)) }))
    .filter((missing) => missing.names.length > 0);
}

export const KUBEADM_APISERVER = 'apiserver';

/** Names that the node's files give, each once, without those by which only the machine itself reaches it. */
export function namesOf(facts: ApiServerFacts): ApiServerName[] {
  return everyName(facts).filter(({ san }) => !isLoopback(san) && !isUnspecified(san));
}

/** As `namesOf`, with those. A text that no certificate can have is none. */
export function everyName(facts: ApiServerFacts): ApiServerName[] {
  const named = facts.by === 'manifest' ? kubeadmNames(facts) : facts.named.map(of(({ option }) => option));
  const names = named.flatMap(({ value, from }): ApiServerName[] => {
    const san = sanOf(value);
    return san === null ? [] : [{ san, from }];
  });
  return [...new Map(names.toReversed().map((name) => [name.san, name])).values()].reverse();
}

type Named = { value: string; from: string };

const of =
  <T extends { value: string }>(from: (named: T) => string) =>
  (named: T): Named => ({ value: named.value, from: from(named) });

/**
 * As kubeadm's GetAPIServerAltNames, without the node's name, by which nobody reaches its API server. The kubelet's `--node-ip` is no
 * name of the API server either: in a dual-stack cluster it has an address that kubeadm never puts there.
 */
function kubeadmNames(facts: KubeadmApiServer): Named[] {
  const { manifest, advertiseAddress, serviceRange, config } = facts;
  const service = firstOf((serviceRange ?? '').split(',')[0]!);
  return [
    ...IN_CLUSTER.map((value) => ({ value, from: 'the name of the API server in the cluster' })),
    ...(service === null ? [] : [{ value: service, from: `--service-cluster-ip-range in ${manifest}` }]),
    ...(advertiseAddress === null ? [] : [{ value: advertiseAddress, from: `--advertise-address in ${manifest}` }]),
    ...(config === null || config.problem !== null ? endpointOf(facts) : configured(config)),
  ];
}

const IN_CLUSTER = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];

function configured({ path, controlPlaneEndpoint, certSANs, dnsDomain }: ReadKubeadmConfig): Named[] {
  return [
    { value: `kubernetes.default.svc.${dnsDomain ?? 'cluster.local'}`, from: `networking.dnsDomain in ${path}` },
    ...(controlPlaneEndpoint === null
      ? []
      : [{ value: hostOf(controlPlaneEndpoint), from: `controlPlaneEndpoint in ${path}` }]),
    ...certSANs.map((value) => ({ value, from: `apiServer.certSANs in ${path}` })),
  ];
}

/**
 * Where kubeadm's configuration is not known, what kubeadm wrote of its controlPlaneEndpoint: the server of at least two of the
 * node's kubeconfigs. A single one may have been pointed at another server.
 */
function endpointOf({ servers }: KubeadmApiServer): Named[] {
  const hosts = servers.map(({ path, url }) => ({ path, host: hostOfUrl(url) }));
  return [...Map.groupBy(hosts, ({ host }) => host)].flatMap(([host, of]): Named[] =>
    host === null || of.length < 2
      ? []
      : [{ value: host, from: `the server in ${of.map(({ path }) => path).join(' and ')}` }],
  );
}

function hostOfUrl(url: string): string | null {
  const [, authority] = /^https:\/\/([^/?#@]+)/i.exec(url) ?? [];
  return authority === undefined ? null : hostOf(authority).toLowerCase();
}
