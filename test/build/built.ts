// What the tests try of the build, made once for the source as it is: the first test that asks builds, the others wait,
// while tests that need neither go on.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { executableName } from '../../build/build.ts';
import { type Architecture, DEBIAN, PROJECT, VERSION } from '../../build/project.ts';
import { run } from '../../build/run.ts';
import { command } from '../testnode/support.ts';

/** All that the executable and the packages are made from, the packages of package-lock.json aside. */
export const BUILD_INPUTS = ['build', 'packaging', 'src', 'systemd', 'package.json', 'package-lock.json'];

const DIRECTORY = join(PROJECT, 'dist/.tests');

/** The executable, the .deb and the .tar.gz for this machine. */
export async function builtPackages(): Promise<{ executable: string; deb: string; archive: string }> {
  const own = process.arch as Architecture;
  const directory = await built('--package', own);
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
  const key = digestOf(BUILD_INPUTS, words);
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

/** Of the inputs' content, and of the commit whose time the packages carry. */
function digestOf(inputs: string[], words: string[]): string {
  const hash = createHash('sha256').update(words.join(' '));
  hash.update(process.env.SOURCE_DATE_EPOCH ?? run('git', ['log', '-1', '--format=%ct'], { cwd: PROJECT }));
  for (const input of inputs) {
    const path = join(PROJECT, input);
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
      : [path];
    for (const file of files.sort())
      if (statSync(file).isFile()) hash.update(`${file}\n`).update(readFileSync(file)).update('\n');
  }
  return hash.digest('hex').slice(0, 12);
}

const HOUR = 3_600_000;

/** Each holds up to 200 MB. A directory that was used within the hour may belong to a test that is still running. */
function removeOld(): void {
  for (const name of readdirSync(DIRECTORY)) {
    const directory = join(DIRECTORY, name);
    if (Date.now() - statSync(directory).mtimeMs > HOUR) rmSync(directory, { recursive: true, force: true });
  }
}
