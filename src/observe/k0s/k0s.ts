import { roleOf } from '../../domain/distributions/index.ts';
import { K0S } from '../../domain/distributions/k0s.ts';
import type { RoleOf } from '../../domain/distributions/names.ts';
import type { Endpoint, Hazard, ObservedCertificate } from '../../domain/model/inventory.ts';
import { hostAndPort } from '../../domain/text/host-and-port.ts';
import type { Root } from '../../host/root.ts';
import { type UnitFile, unitsThatRun } from '../../host/unit-files.ts';
import { componentEndpoints } from '../component-endpoints.ts';
import { localAddress } from '../local-address.ts';
import { exists } from '../node-files.ts';
import type { Candidate, Observer } from '../observer.ts';
import { versionOf } from '../program-version.ts';
import type { SourceRead } from '../source.ts';
import { supervisorComponent } from '../supervisor/supervisor-component.ts';
import { authorityHazard, unwritableLeaves } from '../supervisor/supervisor-hazards.ts';
import { type K0sSettings, readK0sSettings } from './k0s-settings.ts';
import { controllerSources, kubeconfigOf, pkiOf, workerSources } from './k0s-sources.ts';

type K0sRole = RoleOf<typeof K0S>;
const ROLES: K0sRole[] = ['controller', 'worker'];

/** One process holds the whole control plane, or a worker's parts, as child processes whose certificates it issues. */
export const k0s: Observer = async (root, units) => {
  const running = await unitsThatRun(root, units, K0S);
  return Promise.all(
    ROLES.map((role) =>
      candidate(
        root,
        role,
        running.find((unit) => roleIn(unit) === role),
      ),
    ),
  );
};

/** A unit runs `k0s controller` or `k0s worker`. */
function roleIn({ argv, name }: UnitFile): K0sRole {
  return ROLES.find((role) => argv.slice(1).includes(role)) ?? (name.includes('worker') ? 'worker' : 'controller');
}

async function candidate(root: Root, role: K0sRole, unit: UnitFile | undefined): Promise<Candidate> {
  const settings = await readK0sSettings(root, unit?.argv ?? []);
  const pki = pkiOf(settings);
  const isController = role === 'controller';
  const adminKubeconfig = `${pki}/admin.conf`;
  const marks = isController
    ? [`${pki}/ca.crt`, `${pki}/server.crt`, adminKubeconfig]
    : [`${pki}/ca.crt`, kubeconfigOf(settings)];
  const there = await Promise.all(marks.map((path) => exists(root, path)));
  let version: Promise<string | null> | null = null;
  const ownVersion = () => (version ??= versionOf(root, K0S, ['version']));
  // Every k0s node has the CA's certificate.
  const isThere = there.slice(1).includes(true);
  return {
    traces: isThere ? there.filter(Boolean).length : 0,
    remains: settings.dataDir,
    isInstalled: unit !== undefined,
    isEnabled: unit?.isEnabled === true,
    node: {
      distribution: K0S,
      role,
      unit: unit?.name ?? roleOf({ distribution: K0S, role })?.unit ?? K0S,
      paths: {
        certificatesDir: pki,
        kubeconfigDir: isController ? pki : settings.dataDir,
        manifestsDir: null,
        dataDir: settings.dataDir,
        adminKubeconfig: isController ? adminKubeconfig : null,
      },
      missing: marks.filter((_, index) => !there[index]),
      sources: () => (isController ? controllerSources(root, settings, ownVersion) : workerSources(root, settings)),
      version: ownVersion,
      endpoints: (certificates) => (isController ? endpoints(settings, certificates) : []),
      components: async (state, certificates) => [
        await supervisorComponent(
          root,
          isController ? { health: readiness(settings), kubeconfig: adminKubeconfig, pair: 'admin' } : null,
          state,
          certificates,
          K0S,
        ),
      ],
      hazards: async (reads) => (isController ? hazards(root, reads) : []),
      // The keys of its CAs are observed as hazards.
      caKeys: () => [],
    },
  };
}

/**
 * A CA whose certificate or key is missing is made again at the start, silently (k0s pkg/certificate/manager.go: EnsureCA). A
 * leaf or a key that is missing or broken is issued again, so that is not a hazard.
 */
async function hazards(root: Root, reads: SourceRead[]): Promise<Hazard[]> {
  const authorities = reads.filter(({ source }) => source.owner === 'cluster-ca');
  const written = reads.filter(({ source }) => source.owner === K0S);
  return [...authorities.flatMap(authorityHazard), ...(await unwritableLeaves(root, written))];
}

const api = ({ bindAddress, port }: K0sSettings) => ({ host: localAddress(bindAddress), port });

const readiness = (settings: K0sSettings) => ({ scheme: 'https', ...api(settings), path: '/readyz' }) as const;

/** What its components serve, as it starts them (k0s pkg/component/controller/{apiserver,etcd}.go, cmd/api/api.go). */
function endpoints(settings: K0sSettings, certificates: ObservedCertificate[]): Endpoint[] {
  const pki = pkiOf(settings);
  const { host, port } = api(settings);
  const apiserver = { 'bind-address': host, 'secure-port': String(port), 'tls-cert-file': `${pki}/server.crt` };
  const etcd = {
    'listen-client-urls': settings.clientUrls ?? 'https://127.0.0.1:2379',
    'listen-peer-urls': settings.peerUrls ?? peerUrl(certificates),
    'cert-file': `${pki}/etcd/server.crt`,
    'peer-cert-file': `${pki}/etcd/peer.crt`,
  };
  const hasEtcd = certificates.some(({ id }) => id === 'etcd/server');
  const flags = [
    { component: 'kube-apiserver' as const, flags: new Map(Object.entries(apiserver)) },
    ...(hasEtcd ? [{ component: 'etcd' as const, flags: new Map(Object.entries(etcd)) }] : []),
  ];
  const { joinPort } = settings;
  return [
    ...componentEndpoints(flags, certificates),
    ...(joinPort === null ? [] : [{ name: K0S, host, port: joinPort, expects: 'k0s-api' } as const]),
  ];
}

/** The address of this member is the one name of its certificate. */
function peerUrl(certificates: ObservedCertificate[]): string {
  const names = certificates.find(({ id }) => id === 'etcd/peer')?.certificate.sans ?? [];
  const address = names.find((name) => name.startsWith('IP:'))?.slice('IP:'.length);
  if (address === undefined) return '';
  return `https://${hostAndPort(address, 2380)}`;
}
