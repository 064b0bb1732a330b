import { names } from './quiet-reads.ts';
import type { Root } from './root.ts';

/** Where systemd reads units; the generated ones are made from something else while the system runs. */
const DIRECTORIES = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  '/run/systemd/generator',
  '/run/systemd/generator.early',
  '/run/systemd/generator.late',
];

/** Whether systemd could load a service of that name, with or without ".service"; also where no directory of units can be read. */
export async function hasUnit(root: Root, unit: string): Promise<boolean> {
  const lists = await Promise.all(DIRECTORIES.map((directory) => names(root, directory)));
  const all = lists.flat();
  return all.length === 0 || all.includes(unit) || all.includes(`${unit}.service`);
}
