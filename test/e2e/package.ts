// The package under test, its archive, and later versions of it.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { type Architecture, DEBIAN, PROJECT, VERSION } from '../../build/project.ts';
import { command } from '../testnode/support.ts';

/** dist/certagent_VERSION_ARCH.deb for this machine, built now where it is not there; CERTAGENT_DEB names another to test. */
export async function packageFile(): Promise<string> {
  const given = process.env.CERTAGENT_DEB;
  if (given !== undefined) return given;
  const file = join(PROJECT, `dist/certagent_${VERSION}_${DEBIAN[process.arch as Architecture]}.deb`);
  // Test files run side by side: one builds, the other waits.
  const build = 'test -e "$1" || exec "$2" "$4/build/main.ts" --package "$3"';
  await mkdir(dirname(file), { recursive: true });
  const words = [dirname(file), 'sh', '-c', build, 'sh', file, process.execPath, process.arch, PROJECT];
  await must('flock', ...words);
  return file;
}

/** The .tar.gz that was made together with the package. */
export async function archiveFile(): Promise<string> {
  const { dir, name } = parse(await packageFile());
  const [program, version, architecture] = name.split('_');
  return join(dir, `${program}-${version}-linux-${architecture}.tar.gz`);
}

/** The same package as another version, in `directory`. */
export async function asVersion(file: string, version: string, directory: string): Promise<string> {
  const tree = join(directory, version);
  await must('dpkg-deb', '-R', file, tree);
  const control = join(tree, 'DEBIAN/control');
  await writeFile(control, (await readFile(control, 'utf8')).replace(/^Version: .*$/m, `Version: ${version}`));
  const changed = join(directory, `certagent_${version}.deb`);
  await must('dpkg-deb', '--root-owner-group', '-Znone', '-b', tree, changed);
  return changed;
}

async function must(program: string, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await command(program, words);
  if (code !== 0) throw new Error(`${program} ${words.join(' ')}: ${stderr}`);
  return stdout;
}
