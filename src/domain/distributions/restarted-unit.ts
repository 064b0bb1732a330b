import { automaticMoment } from '../decide/automatic-moment.ts';
import { type BlockerCheck, when } from '../decide/blocker-check.ts';
import { type CertificateCheck, escalate } from '../decide/certificate-check.ts';
import { startUnderWay } from '../decide/unit-start.ts';
import type { Blocker } from '../model/decision.ts';
import type { NodeFacts, ObservedCertificate } from '../model/inventory.ts';
import type { Draft } from '../plan/draft.ts';
import { day } from '../time/day.ts';
import { formatDuration, MINUTE } from '../time/duration.ts';
import { renewedAtEveryStart } from './agent-leaves.ts';
import { foreignRotation, rotationWarnings } from './ca-rotation.ts';
import type { DistributionRules, RoleRules } from './distribution.ts';
import { USUAL_SLOT } from './in-cluster.ts';
import type { InPlace } from './in-place.ts';
import { type Distribution, labelOf } from './names.ts';
import { isPassedOver } from './passed-over.ts';
import type { Rehearsing } from './rehearsing.ts';
import { OLD_RESTART_WINDOW, restartWindow } from './restart-window.ts';
import { type RestartEndpoints, restartSteps, serverDirectory } from './restarted-unit-plan.ts';
import { canRotate, keepsProxyLeaves, leavesMadeAtStart, restoresAuthorities } from './server-leaves.ts';

/** What distinguishes K3s from RKE2, which is built on it: its supervisor renews the certificates when it starts. */
type Flavour = {
  name: Distribution;
  units: { server: string; agent: string };
  endpoints: RestartEndpoints;
  /** Milliseconds that the start of a server may need at least; 0: the configuration alone says. */
  startsWithin: number;
  rehearsing: Rehearsing;
  /** Left out: only a restart renews. */
  inPlace?: InPlace;
};

/** The name of the one process that K3s and RKE2 run, in the lists of components. */
export const PROCESS: Distribution = 'k3s';

/** The name of a component for people: on an RKE2 node the one process is not called K3s. */
export function componentName(name: string, { distribution }: { distribution: Distribution | null }): string {
  return name === PROCESS && distribution !== null ? distribution : name;
}

type Rules = DistributionRules & { roles: Record<'server' | 'agent', RoleRules> };

export function restartedUnit({ name, units, endpoints, startsWithin, rehearsing, inPlace }: Flavour): Rules {
  const label = labelOf(name);
  return {
    roles: {
      server: { unit: units.server, tool: null, followsServers: false, takesTurns: true },
      agent: { unit: units.agent, tool: null, followsServers: true, takesTurns: false },
    },
    cluster: {
      slot: Math.max(USUAL_SLOT, startsWithin + 5 * MINUTE),
      api: { endpoint: endpoints.api, ca: ({ certificatesDir }) => `${certificatesDir}/server-ca.crt` },
      kubeletConf: ({ dataDir }) => (dataDir === null ? null : `${dataDir}/agent/kubelet.kubeconfig`),
    },
    kubeletCertificates: ['agent/client-kubelet'],
    clientAuthorities: ({ certificatesDir }) => [`${certificatesDir}/client-ca.crt`],
    clientCertificates: {},
    // It renews what has expired when it starts.
    reliesOn: () => [PROCESS],
    readAtStart: () => [],
    restartWindow,
    renewsWithin: (preconditions) => preconditions.restartWindow ?? OLD_RESTART_WINDOW,
    renewedAtEveryStart,
    restartRenews: (node) => restartRenews(label, node),
    // It makes a missing key, and replaces one that it cannot read together with its certificate.
    brokenKeys: ['differs'],
    checks: [opensAboveWindow(label), passedOver(label)],
    blockers: [serverAway(label), unitStarting, foreignRotation(label)],
    warnings: (draft) => [
      ...rotationWarnings(draft, label),
      ...(draft.rotates === true ? [keysStay(name, draft)] : []),
    ],
    rehearsing,
    ...(inPlace === undefined ? {} : { inPlace }),
    rotates: isRotated,
    restoresAuthorities,
    leavesMadeAtStart: (version) => leavesMadeAtStart(name, version),
    refuseForce: (firstExpiry) => ({
      code: 'K3S_OUTSIDE_WINDOW',
      why: `a restart of ${label} would renew nothing yet: the first certificate expires on ${day(firstExpiry)}`,
      remedy: `Wait, or stop ${label} and run \`${name} certificate rotate\` by hand.`,
    }),
    steps: (draft) =>
      restartSteps(draft, {
        unit: units[draft.inventory.node.role === 'agent' ? 'agent' : 'server'],
        program: name,
        endpoints,
        startsWithin,
      }),
    restore: { refusal: notRestored(label, name) },
  };
}

/** In words for a person. */
function restartRenews(label: string, { version, role }: Pick<NodeFacts, 'version' | 'role'>): string {
  const all = keepsProxyLeaves(version) === false;
  const always = `${all ? 'those' : "the kubelet's"} in agent/ at any time`;
  const renews = `A restart of ${label} ${version ?? 'of unknown version'} renews`;
  if (all && role === 'agent') return `${renews} its certificates at any time.`;
  return `${renews} certificates in the last ${formatDuration(restartWindow(version))} before they expire, and ${always}.`;
}

function opensAboveWindow(label: string): CertificateCheck {
  return {
    code: 'K3S_OPENS_ABOVE_WINDOW',
    verdict: (known) => {
      const { observed, inventory, window, now, request } = known;
      if (now < window.wishedAt || now >= window.opensAt) return null;
      if (request.kind === 'manual' && request.force && isRotated(observed, inventory.node)) return null;
      const { version } = inventory.node;
      const within = formatDuration(observed.certificate.notAfter - window.opensAt);
      const other = renewedAtEveryStart(observed, version) ? ' of the others' : '';
      return {
        kind: 'defer',
        until: automaticMoment(known, now),
        why: `waits: windows.opens has passed, but a restart of ${label} ${version ?? 'of this version'} renews${other} only what expires within ${within}`,
      };
    },
  };
}

const unitStarting: BlockerCheck = {
  code: 'UNIT_STARTING',
  find: ({ inventory, now }) => startUnderWay(inventory, now),
};

/**
 * `certificate rotate` makes a server's next start issue every leaf in a file, and with them the administrator's kubeconfig. Not
 * the listener's: that is issued again when it is due (measured on v1.36: sometimes sooner).
 */
function isRotated({ place }: ObservedCertificate, { role, version, paths }: NodeFacts): boolean {
  if (role !== 'server' || !canRotate(version)) return false;
  return place.kind === 'pem' || place.path === paths.adminKubeconfig;
}

function keysStay(name: Distribution, { inventory: { node } }: Draft): string {
  const server = serverDirectory(node.paths);
  return `${name} certificate rotate leaves a copy of ${server}/tls, with the private keys of leaves and CAs, in ${server}/tls-<unixtime>. Remove it when the new certificates are good.`;
}

/** What is restored would last until the next start at most: within its window that renews it, in agent/ always. */
function notRestored(label: string, program: Distribution): Omit<Blocker, 'code'> {
  return {
    why: `${label} issues its certificates at its start, and keeps its CAs and its listener's certificate in its datastore: the next start would replace what is restored`,
    remedy: `To have all certificates issued again: certagent renew --force, or, with ${label} stopped, ${program} certificate rotate. To go back to an earlier state of the cluster, restore a snapshot of the datastore.`,
  };
}

/** Its start waits for a server, and the node has no kubelet meanwhile. */
function serverAway(label: string): BlockerCheck {
  return {
    code: 'SERVER_AWAY',
    find: ({ inventory: { preconditions } }) =>
      when(
        preconditions.servers?.answers === false,
        `no server of this agent answers (${preconditions.servers?.detail}): only a server signs its certificates, and after a restart ${label} would not start, and the node would have no kubelet`,
        'Bring a server back; certagent goes on by itself.',
      ),
  };
}

function passedOver(label: string): CertificateCheck {
  return {
    code: 'RESTART_PASSES_OVER',
    verdict: (known) => {
      const { observed, request } = known;
      if (request.kind === 'manual' || !isPassedOver(known)) return null;
      return escalate(
        `was not renewed by a restart of ${label}; certagent does not restart ${label} for it again`,
        `Search the log of ${label} for ${observed.place.path}, then move this file and its key away: at its next start ${label} makes the certificates that it uses.`,
      );
    },
  };
}
