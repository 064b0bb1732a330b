import { roleOf, rulesOfNode } from '../domain/distributions/index.ts';
import { asItsLogSays, startReason } from '../domain/distributions/start-reasons.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { explain } from '../domain/model/errors.ts';
import type { Inventory, NodeFacts, ObservedCertificate, Preconditions } from '../domain/model/inventory.ts';
import { findCommand } from '../host/commands.ts';
import { areProcessesVisible } from '../host/processes.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { isStarting, type UnitState, unitState } from '../host/systemd.ts';
import { journalOfStart } from '../host/unit-journal.ts';
import { freeSpace } from './free-space.ts';
import { observeRehearsal } from './observe-rehearsal.ts';
import type { Detected, Unit } from './observer.ts';
import { UPGRADES } from './observers.ts';
import type { SourceRead } from './source.ts';

/** What must be known before anything is changed. */
export async function observePreconditions(
  root: Root,
  node: Detected,
  observedUnit: Promise<Unit>,
  version: string | null,
  now: Instant,
  reads: SourceRead[],
  certificates: ObservedCertificate[],
): Promise<Preconditions> {
  const unit = await observedUnit;
  const restartWindow = rulesOfNode(node)?.restartWindow(version) ?? null;
  const [
    tool,
    upgradeUnderWay,
    disk,
    components,
    hazards,
    visible,
    neighbours,
    servers,
    otherRenewers,
    kubelet,
    rotations,
    rehearsal,
    alsoServes,
    loadedAtStart,
  ] = await Promise.all([
    observeTool(root, node, version),
    upgradeOn(root, node),
    observeDisk(root, node, reads),
    node.components(unit, certificates),
    node.hazards(reads, {
      renewsUntil: now + (restartWindow ?? 0),
      certificates,
      activeSince: unit?.activeSince ?? null,
    }),
    areProcessesVisible(),
    node.neighbours?.() ?? [],
    node.servers?.() ?? null,
    node.otherRenewers?.() ?? [],
    node.kubelet?.() ?? null,
    node.rotations?.() ?? {},
    observeRehearsal(root, node),
    node.alsoServes?.() ?? [],
    node.loadedAtStart?.() ?? null,
  ]);
  const unitPods = (await node.unitPods?.()) ?? [];
  const loopback = (await node.loopback?.(components, certificates)) ?? null;
  return {
    unit: unit === null ? null : withoutPid(unit),
    tool,
    upgradeUnderWay,
    disk,
    caKeys: node.caKeys(reads, certificates),
    components,
    ...(visible || components.every(({ manifest }) => manifest === null) ? {} : { processesHidden: true as const }),
    ...(neighbours.length > 0 ? { neighbours } : {}),
    ...(unitPods.length > 0 ? { unitPods } : {}),
    ...(servers ? { servers } : {}),
    ...(loopback === null ? {} : { loopback }),
    ...(otherRenewers.length === 0 ? {} : { otherRenewers }),
    ...(kubelet === null ? {} : { kubelet }),
    ...rotations,
    ...(rehearsal === null ? {} : { rehearsal }),
    ...(alsoServes.length === 0 ? {} : { alsoServes }),
    ...(loadedAtStart === null ? {} : { loadedAtStart }),
    hazards,
    restartWindow,
  };
}

/**
 * What another program or person may have begun since the inventory was taken. No certificate is read and no tool is
 * started. A unit that systemd does not show is null.
 */
export async function observeOthers(
  root: Root,
  { node, preconditions }: Pick<Inventory, 'node' | 'preconditions'>,
): Promise<{ unit: UnitState | null; upgradeUnderWay: string | null }> {
  const name = preconditions.unit?.name;
  const [unit, upgradeUnderWay] = await Promise.all([
    name === undefined ? null : unitState(root, name).catch(() => null),
    upgradeOn(root, node),
  ]);
  return { unit, upgradeUnderWay };
}

function upgradeOn(root: Root, { distribution }: Pick<NodeFacts, 'distribution'>): Promise<string | null> | null {
  return distribution === null ? null : UPGRADES[distribution](root);
}

/** A systemctl that fails, hangs or is missing is an observation, not an error. */
export async function observeUnit(root: Root, node: Detected): Promise<Unit> {
  const name = node.unit;
  if (name === null) return null;
  try {
    const state = await unitState(root, name);
    const { loaded, active, activeState, subState, stopped, mainPid, restarts, activeSince } = state;
    const again = restarts > 0 ? `, restarted ${restarts} times by systemd` : '';
    const start = active || stopped || !loaded ? null : await observeStart(root, node, state);
    const log = start === null || start.reason === null ? '' : `; ${asItsLogSays(start.reason)}`;
    const detail = loaded ? `${activeState} (${subState})${again}${log}` : 'systemd does not know this unit';
    return { name, loaded, active, stopped, detail, mainPid, activeSince, ...(start === null ? {} : { start }) };
  } catch (error) {
    return {
      name,
      loaded: false,
      active: false,
      stopped: false,
      detail: explain(error),
      mainPid: null,
      activeSince: null,
    };
  }
}

/** What the log says why it does not run is known of K3s and RKE2. */
async function observeStart(root: Root, node: Detected, state: UnitState) {
  if (node.paths.dataDir === null) return null;
  const reason = startReason(await journalOfStart(root, state.invocation));
  return { underWay: isStarting(state), reason };
}

function withoutPid({
  mainPid: _mainPid,
  activeSince: _activeSince,
  ...unit
}: NonNullable<Unit>): Preconditions['unit'] {
  return unit;
}

async function observeTool(root: Root, node: Detected, version: string | null): Promise<Preconditions['tool']> {
  const program = roleOf(node)?.tool ?? null;
  const path = program === null ? null : await findCommand(root, program);
  return path === null ? null : { path: root.own(path), version };
}

const MEBIBYTE = 1024 * 1024;

/** Room for the backup and for the new files beside the old ones, with a margin. */
async function observeDisk(root: Root, node: Detected, reads: SourceRead[]): Promise<Preconditions['disk']> {
  if (node.distribution === null) return [];
  const size = reads.filter(({ source }) => source.owner !== 'operator').reduce((sum, read) => sum + read.size, 0);
  const neededBytes = 4 * size + MEBIBYTE;
  const found = await Promise.all(
    [STATE_DIR, node.paths.certificatesDir].map(async (path) => {
      const freeBytes = await freeSpace(root.at(path));
      return freeBytes === null ? [] : [{ path, freeBytes, neededBytes }];
    }),
  );
  return found.flat();
}
