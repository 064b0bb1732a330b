import type { Distribution } from '../../domain/distributions/names.ts';
import type { Endpoint } from '../../domain/model/inventory.ts';
import type { Root } from '../../host/root.ts';
import { exists } from '../node-files.ts';
import type { Observer } from '../observer.ts';
import { versionOf } from '../version.ts';
import { supervisorComponent } from './supervisor-component.ts';
import { serverHazards } from './supervisor-hazards.ts';
import { type Flavour, readSupervisorSettings, type SupervisorSettings } from './supervisor-settings.ts';
import { supervisorSources } from './supervisor-sources.ts';

/**
 * Observes K3s, or RKE2 which embeds it: one process, K3s's supervisor, holds and renews all certificates below its data
 * directory. `endpoints`: where a server with these settings serves them.
 */
export function supervisorObserver(
  flavour: Flavour & { endpoints(settings: SupervisorSettings): Endpoint[] },
): Observer {
  const owner: Distribution = flavour.name;
  return async (root: Root) => {
    const settings = await readSupervisorSettings(root, flavour);
    const { dataDir, kubeconfig } = settings;
    const { isServer, missing, traces } = await marksOf(root, settings);
    const certificatesDir = isServer ? `${dataDir}/server/tls` : `${dataDir}/agent`;
    return {
      traces,
      node: {
        distribution: owner,
        role: isServer ? 'server' : 'agent',
        paths: {
          certificatesDir,
          kubeconfigDir: isServer ? `${dataDir}/server/cred` : `${dataDir}/agent`,
          manifestsDir: null,
          dataDir,
          adminKubeconfig: isServer ? kubeconfig : null,
        },
        missing,
        sources: () => supervisorSources(root, { owner, dataDir, kubeconfig, isServer }),
        version: () => versionOf(root, owner, ['--version']),
        endpoints: () => (isServer ? flavour.endpoints(settings) : []),
        components: async (unit, certificates) => [
          await supervisorComponent(root, isServer ? settings : null, unit, certificates),
        ],
        // Agents fetch everything from their servers when they start.
        hazards: async (reads, renewsUntil) =>
          isServer ? serverHazards(root, { certificatesDir, kubeconfig }, reads, renewsUntil) : [],
        // The keys of its CAs are observed as hazards.
        caKeys: () => [],
      },
    };
  };
}

/** The files that tell a server from an agent, and what a node of that role lacks. */
async function marksOf(root: Root, { dataDir, kubeconfig }: SupervisorSettings) {
  const there = async (path: string) => ({ path, there: await exists(root, path) });
  const [tls, admin, serverCa, kubelet, agentCa] = await Promise.all([
    there(`${dataDir}/server/tls`),
    there(kubeconfig),
    there(`${dataDir}/server/tls/server-ca.crt`),
    there(`${dataDir}/agent/client-kubelet.crt`),
    there(`${dataDir}/agent/client-ca.crt`),
  ]);
  const isServer = tls.there || admin.there;
  const expected = isServer ? [tls, admin, serverCa] : [kubelet, agentCa];
  return {
    isServer,
    missing: expected.filter((mark) => !mark.there).map((mark) => mark.path),
    traces: [tls, admin, serverCa, kubelet, agentCa].filter((mark) => mark.there).length,
  };
}
