// The build outputs that tests use, made once for the current source: the first test that asks builds, the others wait,
// while tests that need neither continue.
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { executableName } from '../../build/build.ts';
import { type Architecture, DEBIAN, PROJECT, VERSION } from '../../build/project.ts';
import { run } from '../../build/run.ts';
import { command } from '../testnode/support.ts';
import { digestOf } from './inputs.ts';

/** All that the executable and the packages are made from, the packages of package-lock.json aside. */
export const BUILD_INPUTS = ['docs', 'build', 'packaging', 'src', 'systemd', 'package.json', 'package-lock.json'];

const DIRECTORY = join(PROJECT, 'dist/.tests/packages');

/** The executable, the .deb and the .tar.gz for this machine. */
export async function builtPackages(): Promise<{ executable: string; deb: string; archive: string }> {
  const own = process.arch as Architecture;
  const directory = await built('--package', '--fast', own);
  return {
    executable: join(directory, executableName(own)),
    deb: join(directory, `certagent_${VERSION}_${DEBIAN[own]}.deb`),
    archive: join(directory, `certagent-${VERSION}-linux-${DEBIAN[own]}.tar.gz`),
  };
}

/** The executable for another architecture. */
export async function builtExecutable(architecture: Architecture): Promise<string> {
  return join(await built(architecture), executableName(architecture));
}

/** Directory with what `build/main.ts` makes when called with these words. */
async function built(...words: string[]): Promise<string> {
  // The packages carry the time of the commit.
  const time = process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct'], { cwd: PROJECT });
  const key = digestOf(BUILD_INPUTS, time, ...words);
  const directory = join(DIRECTORY, key);
  await mkdir(directory, { recursive: true });
  // Test files run side by side, each in its own process: flock lets one build.
  const build = 'test -e "$1/done" || { dir=$1; shift; "$@" --out "$dir" && touch "$dir/done"; }';
  const builder = [process.execPath, join(PROJECT, 'build/main.ts'), ...words];
  const { code, stdout, stderr } = await command('flock', [
    join(directory, 'lock'),
    ...['sh', '-c', build, 'sh', directory],
    ...builder,
  ]);
  if (code !== 0) throw new Error(`build ${words.join(' ')}: ${stdout}${stderr}`);
  const now = new Date();
  utimesSync(directory, now, now);
  removeOld();
  return directory;
}

const HOUR = 3_600_000;

/** Each holds up to 200 MB. A directory that was used within the hour may belong to a test that is still running. */
function removeOld(): void {
  for (const name of readdirSync(DIRECTORY)) {
    const directory = join(DIRECTORY, name);
    if (Date.now() - statSync(directory).mtimeMs > HOUR) rmSync(directory, { recursive: true, force: true });
  }
}
