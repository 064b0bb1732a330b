// The real k3s that a directory holds: a released binary, or one that was built together with the programs that it calls.
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** One k3s. All that lies beside it is put on the machine's PATH: a build from source calls containerd, k3s-server, … there. */
export type Programs = { name: string; directory: string };

/** DIR/k3s, and DIR/v1.36.3/k3s for each version that has a directory of its own, oldest first. */
export function programsIn(directory: string): Programs[] {
  if (!existsSync(directory)) return [];
  const own = resolve(directory);
  const below = readdirSync(own)
    .map((name) => join(own, name))
    .filter((path) => statSync(path).isDirectory());
  return [own, ...below]
    .filter((path) => existsSync(join(path, 'k3s')))
    .map((path) => ({ name: basename(path), directory: realpathSync(path) }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}
