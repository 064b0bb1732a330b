// The stand-ins as one file that needs no packages: each of a node's dozen processes then starts in two thirds of the time.
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { plainRequire } from '../../build/bundle.ts';
import { PROJECT } from '../../build/project.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { startFrom } from '../../testnode/launch.ts';
import { digestOf } from '../build/inputs.ts';

const INPUTS = ['testnode', 'src', 'build/bundle.ts', 'package-lock.json'];

/** From here on, nodes that this process makes run the bundle. */
export async function quickStandIns(): Promise<void> {
  startFrom(await bundledStandIns());
}

let bundled: Promise<string> | undefined;

/** Path of the bundle of the source as it is. */
export function bundledStandIns(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  const directory = join(PROJECT, 'dist/.tests/stand-ins');
  const file = join(directory, `${digestOf(INPUTS)}.cjs`);
  if (existsSync(file)) return file;
  await mkdir(directory, { recursive: true });
  // Bundles of earlier sources; a younger one may belong to a test that is still running.
  for (const name of await readdir(directory)) {
    const { mtimeMs } = await stat(join(directory, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > DAY) await rm(join(directory, name), { force: true });
  }
  // Other test files may be at it as well: whoever is last replaces the same bytes.
  const unfinished = `${file}.${process.pid}`;
  await build({
    absWorkingDir: PROJECT,
    entryPoints: ['testnode/stand-in/main.ts'],
    outfile: unfinished,
    bundle: true,
    format: 'cjs',
    platform: 'node',
    banner: { js: "const HERE = require('node:url').pathToFileURL(__filename).href;" },
    define: { 'import.meta.url': 'HERE' },
    plugins: [plainRequire],
    logLevel: 'warning',
  });
  await rename(unfinished, file);
  return file;
}
