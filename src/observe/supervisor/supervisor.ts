import { roleOf } from '../../domain/distributions/index.ts';
import type { Distribution } from '../../domain/distributions/names.ts';
import {
  isServerRole,
  SUPERVISOR_ROLES,
  type SupervisorRole,
  supervisorRole,
} from '../../domain/distributions/server-leaves.ts';
import type { Endpoint, LoadedAtStart, ObservedCertificate, UnitPod } from '../../domain/model/inventory.ts';
import type { Root } from '../../host/root.ts';
import { type UnitFile, unitsThatRun } from '../../host/unit-files.ts';
import { exists } from '../node-files.ts';
import type { Candidate, Observer } from '../observer.ts';
import { versionOf } from '../program-version.ts';
import { askServers } from './agent-servers.ts';
import { rehearsedServer } from './rehearsed-server.ts';
import { observeRotations } from './rotations.ts';
import { serverHealth, supervisorComponent } from './supervisor-component.ts';
import { serverHazards } from './supervisor-hazards.ts';
import { supervisorApiServer } from './supervisor-names.ts';
import { servingEndpoints } from './supervisor-serving.ts';
import { type Flavour, readSupervisorSettings, SERVER_PARTS, type SupervisorSettings } from './supervisor-settings.ts';
import { supervisorSources } from './supervisor-sources.ts';

type SupervisorFlavour = Flavour & {
  endpoints(settings: SupervisorSettings): Endpoint[];
  /** Static pods that a server's unit replaces when it restarts; absent: none. */
  unitPods?(root: Root, settings: SupervisorSettings): Promise<UnitPod[]>;
  /** What it serves besides; absent: nobody needs to know. */
  alsoServes?(root: Root, settings: SupervisorSettings): Promise<Endpoint[]>;
  /** What it uses a certificate for that it reads at its start alone; null: not known. Absent: nobody needs to know. */
  loadedAtStart?(root: Root, settings: SupervisorSettings, isServer: boolean): Promise<LoadedAtStart[] | null>;
};
/** A unit's file; `isInstalled` false: there is none, it would have this name. */
type NodeUnit = UnitFile & { isInstalled: boolean };

/**
 * Observes K3s, or RKE2 which embeds it: one process, K3s's supervisor, holds and renews all certificates below its data
 * directory. `endpoints`: where a server with these settings serves them, its API first. Each unit that runs it, and each
 * role whose files are there, is a candidate of its own.
 */
export function supervisorObserver(flavour: SupervisorFlavour): Observer {
  return async (root, units) => {
    const running = await unitsThatRun(root, units, flavour.name);
    const candidates = SUPERVISOR_ROLES.flatMap((role) => {
      const own = running
        .filter((unit) => supervisorRole(unit.argv, unit.name) === role)
        .map((unit) => ({ ...unit, isInstalled: true }));
      return (own.length > 0 ? own : [usualUnit(flavour.name, role)]).map((unit) =>
        candidate(root, flavour, role, unit),
      );
    });
    return Promise.all(candidates);
  };
}

function usualUnit(distribution: Distribution, role: SupervisorRole): NodeUnit {
  const name = roleOf({ distribution, role })?.unit ?? distribution;
  return { name, argv: [], environment: new Map(), isEnabled: false, isInstalled: false };
}

async function candidate(
  root: Root,
  flavour: SupervisorFlavour,
  role: SupervisorRole,
  unit: NodeUnit,
): Promise<Candidate> {
  const owner: Distribution = flavour.name;
  const settings = await readSupervisorSettings(root, flavour, unit);
  const { dataDir, kubeconfig, unread, disabled } = settings;
  const isServer = isServerRole(role);
  const { missing, traces, remains } = await marksOf(root, settings, isServer);
  const certificatesDir = isServer ? `${dataDir}/server/tls` : `${dataDir}/agent`;
  const endpoints = isServer ? flavour.endpoints(settings) : [];
  let version: Promise<string | null> | null = null;
  const ownVersion = () => (version ??= versionOf(root, owner, ['--version']));
  return {
    traces,
    remains,
    isInstalled: unit.isInstalled,
    isEnabled: unit.isEnabled,
    node: {
      distribution: owner,
      role,
      unit: unit.name,
      paths: {
        certificatesDir,
        kubeconfigDir: isServer ? `${dataDir}/server/cred` : `${dataDir}/agent`,
        manifestsDir: null,
        dataDir,
        adminKubeconfig: isServer ? kubeconfig : null,
      },
      missing: [...missing, ...unread.map(({ path, why }) => `what ${path} says, which cannot be read: ${why}`)],
      sources: async () =>
        supervisorSources(root, {
          owner,
          dataDir,
          kubeconfig,
          isServer,
          version: isServer ? await ownVersion() : null,
          disabled,
        }),
      version: ownVersion,
      endpoints: (certificates: ObservedCertificate[]) =>
        isServer ? [...endpoints, ...servingEndpoints(settings, certificates)] : [],
      components: async (state, certificates) => [
        await supervisorComponent(
          root,
          isServer ? { health: serverHealth(endpoints[0]!, settings), kubeconfig, pair: 'client-admin' } : null,
          state,
          certificates,
        ),
      ],
      loadedAtStart: async () => flavour.loadedAtStart?.(root, settings, isServer) ?? null,
      // Agents fetch everything from their servers when they start.
      hazards: async (reads, known) =>
        isServer ? serverHazards(root, { certificatesDir, kubeconfig }, reads, known) : [],
      ...(isServer
        ? {
            alsoServes: async () => flavour.alsoServes?.(root, settings) ?? [],
            unitPods: async () => flavour.unitPods?.(root, settings) ?? [],
            rotations: () => observeRotations(root, dataDir),
            rehearsal: () => rehearsedServer(root, settings),
            apiServer: async () => supervisorApiServer(endpoints, settings.named),
          }
        : {
            servers: () => askServers(root, owner, settings),
            alsoServes: async () => flavour.alsoServes?.(root, { ...settings, disabled: [...SERVER_PARTS] }) ?? [],
          }),
      // The keys of its CAs are observed as hazards.
      caKeys: () => [],
    },
  };
}

/** The files that distinguish a server from an agent, and what a node of that role lacks. A server has an agent's files too. */
async function marksOf(root: Root, { dataDir, kubeconfig, disabled }: SupervisorSettings, isServer: boolean) {
  const there = async (path: string) => ({ path, there: await exists(root, path) });
  const [tls, admin, serverCa, kubelet, agentCa] = await Promise.all([
    there(`${dataDir}/server/tls`),
    there(kubeconfig),
    there(`${dataDir}/server/tls/server-ca.crt`),
    there(`${dataDir}/agent/client-kubelet.crt`),
    there(`${dataDir}/agent/client-ca.crt`),
  ]);
  const agent = [kubelet, agentCa].filter((mark) => mark.there);
  if (!isServer)
    return {
      missing: [kubelet, agentCa].filter((mark) => !mark.there).map((mark) => mark.path),
      traces: agent.length,
      remains: `${dataDir}/agent`,
    };
  const server = [tls, admin, serverCa].filter((mark) => mark.there);
  // Without an API there is nothing to administer, and operators remove what points nowhere.
  const needed = disabled.includes('apiserver') ? [tls, serverCa] : [tls, admin, serverCa];
  return {
    missing: needed.filter((mark) => !mark.there).map((mark) => mark.path),
    traces: tls.there || admin.there ? server.length + agent.length : 0,
    remains: tls.there ? `${dataDir}/server` : kubeconfig,
  };
}
