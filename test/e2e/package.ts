// The package under test, its archive, and later versions of it.
import { readFile, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { builtPackages } from '../build/built.ts';
import { command } from '../testnode/support.ts';

/** The .deb for this machine, built from the source as it is; CERTAGENT_DEB names another one to test. */
export async function packageFile(): Promise<string> {
  return process.env.CERTAGENT_DEB ?? (await builtPackages()).deb;
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
