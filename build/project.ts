import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('..', import.meta.url));

export type Architecture = 'x64' | 'arm64';
/** Debian's names, which are those of the files in dist too. */
export const DEBIAN: Record<Architecture, 'amd64' | 'arm64'> = { x64: 'amd64', arm64: 'arm64' };

type Entry = { version: string; license?: string; integrity?: string; dev?: boolean };
type Lock = { packages: Record<string, Entry> };

export const VERSION: string = json<{ version: string }>('package.json').version;

/** A package's entry in package-lock.json. */
export function locked(name: string): { version: string; integrity: string } {
  const { version, integrity } = json<Lock>('package-lock.json').packages[`node_modules/${name}`]!;
  return { version, integrity: integrity! };
}

/** The npm packages that come with certagent, by package-lock.json, in its order; the runtimes are not among them. */
export function shipped(): (Entry & { name: string; directory: string })[] {
  return Object.entries(json<Lock>('package-lock.json').packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true && !path.startsWith('node_modules/node-linux-'))
    .map(([path, entry]) => ({
      ...entry,
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      directory: join(PROJECT, path),
    }));
}

function json<T>(file: string): T {
  return JSON.parse(readFileSync(join(PROJECT, file), 'utf8')) as T;
}
