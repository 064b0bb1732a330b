import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Instant } from '../domain/model/certificate.ts';
import { explain } from '../domain/model/errors.ts';
import type { NodeFacts, ObservedCertificate, Preconditions } from '../domain/model/inventory.ts';
import { findCommand } from '../host/commands.ts';
import { findProcesses } from '../host/processes.ts';
import { type Root, STATE_DIR } from '../host/root.ts';
import { type UnitState, unitState } from '../host/systemd.ts';
import { observeComponents, type Unit } from './components.ts';
import type { Detected } from './detect.ts';
import { findHazards } from './hazards.ts';
import type { SourceRead } from './source.ts';
import { restartWindow } from './version.ts';

/** What has to be looked at before anything is touched. */
export async function observePreconditions(
  root: Root,
  node: Detected,
  version: string | null,
  now: Instant,
  reads: SourceRead[],
  certificates: ObservedCertificate[],
): Promise<Preconditions> {
  const unit = await observeUnit(root, node);
  const window = node.k3s === null ? null : restartWindow(version);
  const [tool, upgradeUnderWay, disk, components, hazards] = await Promise.all([
    observeTool(root, node, version),
    upgrade(root, node),
    observeDisk(root, node, reads),
    observeComponents(root, node, unit, certificates),
    findHazards(root, node, reads, now + (window ?? 0)),
  ]);
  return {
    unit: unit === null ? null : withoutPid(unit),
    tool,
    upgradeUnderWay,
    disk,
    caKeys: observeCaKeys(node, certificates, reads),
    components,
    hazards,
    restartWindow: window,
  };
}

type Kind = Pick<NodeFacts, 'distribution' | 'role'>;

function unitName(node: Kind): string | null {
  if (node.distribution === null) return null;
  if (node.distribution === 'kubeadm') return 'kubelet';
  if (node.distribution === 'k3s') return node.role === 'server' ? 'k3s' : 'k3s-agent';
  return `rke2-${node.role}`;
}

/**
 * What another program or person may have begun since the inventory was taken. It takes milliseconds: no certificate is
 * read and no tool is started. A unit that systemd does not show is null.
 */
export async function observeOthers(
  root: Root,
  node: NodeFacts,
): Promise<{ unit: UnitState | null; upgradeUnderWay: string | null }> {
  const name = unitName(node);
  const [unit, upgradeUnderWay] = await Promise.all([
    name === null ? null : unitState(root, name).catch(() => null),
    upgrade(root, node),
  ]);
  return { unit, upgradeUnderWay };
}

/** A systemctl that fails, hangs or is missing is an observation too. */
async function observeUnit(root: Root, node: Kind): Promise<Unit> {
  const name = unitName(node);
  if (name === null) return null;
  try {
    const { loaded, active, activeState, subState, stopped, mainPid, restarts } = await unitState(root, name);
    const again = restarts > 0 ? `, restarted ${restarts} times by systemd` : '';
    const detail = loaded ? `${activeState} (${subState})${again}` : 'systemd does not know this unit';
    return { name, loaded, active, stopped, detail, mainPid };
  } catch (error) {
    return { name, loaded: false, active: false, stopped: false, detail: explain(error), mainPid: null };
  }
}

function withoutPid({ mainPid: _mainPid, ...unit }: NonNullable<Unit>): Preconditions['unit'] {
  return unit;
}

async function observeTool(root: Root, node: Detected, version: string | null): Promise<Preconditions['tool']> {
  if (node.distribution !== 'kubeadm' || node.role !== 'control-plane') return null;
  const path = await findCommand(root, 'kubeadm');
  return path === null ? null : { path: root.own(path), version };
}

const CHANGING = ['upgrade', 'init', 'join', 'reset'];

/** A kubeadm that changes the node at this moment. Under a root prefix only one that works below it. */
async function upgrade(root: Root, node: Pick<NodeFacts, 'distribution'>): Promise<string | null> {
  if (node.distribution !== 'kubeadm') return null;
  for (const { pid, argv } of await findProcesses('kubeadm', []).catch(() => [])) {
    const verb = argv.findIndex(
      (word, at) => CHANGING.includes(word) || (word === 'certs' && argv[at + 1] === 'renew'),
    );
    const next = argv.slice(verb + 1).find((word) => !word.startsWith('-'));
    const onlyLooks = next === 'plan' || next === 'diff';
    const ours = root.isMachine || argv.some((word) => word.includes(root.prefix));
    if (verb !== -1 && !onlyLooks && ours) return `kubeadm ${argv[verb]} is running (process ${pid})`;
  }
  return null;
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

/** Of the nearest parent that exists: the state directory is made later. */
async function freeSpace(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return dirname(path) === path ? null : freeSpace(dirname(path));
  }
}

/** Keys of the CAs that sign kubeadm's leaves here. K3s's are looked at as hazards. */
function observeCaKeys(
  node: Detected,
  certificates: ObservedCertificate[],
  reads: SourceRead[],
): Preconditions['caKeys'] {
  if (node.distribution !== 'kubeadm' || node.role !== 'control-plane') return [];
  const signing = new Set(
    reads.flatMap(({ source }) => (source.owner === 'kubeadm' || source.owner === 'external-ca' ? [source.ca] : [])),
  );
  return reads.flatMap(({ source }) => {
    if (!signing.has(source.id) || source.key === null) return [];
    const key = certificates.find(({ id }) => id === source.id)?.key;
    return [{ ca: source.id, path: source.key.path, state: stateOf(key) }];
  });
}

function stateOf(key: ObservedCertificate['key'] | undefined): Preconditions['caKeys'][number]['state'] {
  if (key === undefined || key.state === 'unreadable') return 'unreadable';
  if (key.state === 'matches') return 'present';
  return key.state === 'differs' ? 'differs' : 'missing';
}
