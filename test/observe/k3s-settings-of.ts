import type { Root } from '../../src/host/root.ts';
import { listUnits, unitsThatRun } from '../../src/host/unit-files.ts';
import { type Flavour, readSupervisorSettings } from '../../src/observe/supervisor/supervisor-settings.ts';

/** The settings of the first unit that runs K3s or RKE2, or those without a unit. */
export async function settingsOf(root: Root, flavour: Flavour) {
  const [unit] = await unitsThatRun(root, await listUnits(root), flavour.name);
  return readSupervisorSettings(root, flavour, unit ?? { argv: [], environment: new Map() });
}
