import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildExecutables } from '../build/build.ts';
import { executable } from '../build/executable.ts';
import type { Architecture } from '../build/project.ts';
import { certagent } from './measure.ts';

type Argv = [string, ...string[]];

/** One form in which certagent is started, and the least that can be started in it: exits at once, or idles. */
export type Forms = { title: string; certagent: string; empty: Argv; idle: Argv };

const NOTHING = "if (process.argv[2] === 'idle') setInterval(() => {}, 60_000);";

/** The single executable beside one that is built the same way and holds nothing, and the source tree beside Node.js. */
export async function forms(directory: string): Promise<Forms[]> {
  const own = process.arch as Architecture;
  const built = join(directory, 'built');
  await mkdir(built);
  const [single] = await buildExecutables(built, [own]);
  const main = join(built, 'nothing.cjs');
  await writeFile(main, NOTHING);
  const nothing = join(built, 'nothing');
  await executable({ main }, nothing, own, built);
  const node = process.execPath;
  return [
    { title: 'executable', certagent: single!.file, empty: [nothing], idle: [nothing, 'idle'] },
    { title: 'source tree', certagent, empty: [node, '-e', ''], idle: [node, '-e', 'setInterval(() => {}, 60_000)'] },
  ];
}
