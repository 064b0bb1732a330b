// certagent's source in a machine, to call parts of it there; with the Node.js that runs the tests, and the packages it needs.
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../build/project.ts';
import type { Machine } from './machine.ts';

const HERE = '/opt/certagent-source';
/** What the drivers in test/real/child may import. */
const PARTS = ['src', 'test/real/child', 'package.json'];

type Lock = { packages: Record<string, { dev?: boolean; optional?: boolean; link?: boolean }> };

/** Returns the words that run a file of the project there. */
export function installSource(machine: Machine): (file: string) => string[] {
  const into = (path: string) => machine.at(join(HERE, path));
  if (!existsSync(into('node'))) copyInto(into);
  return (file) => [join(HERE, 'node'), '--disable-warning=ExperimentalWarning', join(HERE, file)];
}

function copyInto(into: (path: string) => string): void {
  mkdirSync(into('node_modules'), { recursive: true });
  const { packages } = JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')) as Lock;
  const needed = Object.keys(packages).filter(
    (path) => path !== '' && packages[path]!.dev !== true && packages[path]!.optional !== true,
  );
  for (const path of [...PARTS, ...needed]) cpSync(join(PROJECT, path), into(path), { recursive: true });
  cpSync(process.execPath, into('node'));
}
