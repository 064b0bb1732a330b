import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { executableName } from './build.ts';
import { type Architecture, DEBIAN, PROJECT, VERSION } from './project.ts';
import { run } from './run.ts';
import { sbom } from './sbom.ts';
import { CONFIG, layOut, settle } from './tree.ts';

type Made = { file: string; bytes: number };

/**
 * A .deb and a .tar.gz for each architecture, the SBOM and SHA256SUMS, from the executables in `directory`. Every time in
 * them is SOURCE_DATE_EPOCH, by default that of the last commit: the same source gives the same bytes. `fast` spends a
 * fifth of the time on compression, for packages that only tests install.
 */
export async function makePackages(
  directory: string,
  architectures: Architecture[],
  { fast = false } = {},
): Promise<Made[]> {
  const epoch = sourceDate();
  const files: string[] = [];
  const scratch = await mkdtemp(join(directory, '.package-'));
  try {
    for (const architecture of architectures) {
      const tree = join(scratch, architecture);
      const paths = await layOut(tree, join(directory, executableName(architecture)));
      files.push(await archive(directory, architecture, { scratch, tree, paths, epoch, fast }));
      files.push(await debian(directory, architecture, { tree, epoch, fast }));
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const bom = join(directory, `certagent-${VERSION}.cdx.json`);
  await writeFile(bom, sbom());
  files.push(bom);
  const sums = await sumsOf(directory);
  await writeFile(join(directory, 'SHA256SUMS'), sums);
  return Promise.all(files.map(async (file) => ({ file, bytes: (await stat(file)).size })));
}

function sourceDate(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  return Number(given ?? run('git', ['log', '-1', '--format=%ct'], { cwd: PROJECT }).trim());
}

async function debian(
  directory: string,
  architecture: Architecture,
  { tree, epoch, fast }: { tree: string; epoch: number; fast: boolean },
): Promise<string> {
  const overrides = join(tree, 'usr/share/lintian/overrides/certagent');
  await mkdir(dirname(overrides), { recursive: true });
  await copyFile(join(PROJECT, 'packaging/debian/lintian-overrides'), overrides);
  const size = await settle(tree, epoch);
  const control = join(tree, 'DEBIAN');
  await mkdir(control);
  await writeFile(join(control, 'control'), controlFile(DEBIAN[architecture], size));
  await writeFile(join(control, 'conffiles'), `/${CONFIG}\n`);
  for (const script of ['postinst', 'prerm', 'postrm'])
    await copyFile(join(PROJECT, 'packaging/debian', script), join(control, script));
  await settle(tree, epoch);
  const file = join(directory, `certagent_${VERSION}_${DEBIAN[architecture]}.deb`);
  // One thread: the way several divide the work changes the bytes.
  const how = ['--root-owner-group', '-Zxz', fast ? '-z0' : '-z3', '--threads-max=1', '-b', tree, `${file}.new`];
  run('dpkg-deb', how, { env: { SOURCE_DATE_EPOCH: String(epoch) } });
  await rename(`${file}.new`, file);
  return file;
}

function controlFile(architecture: string, kibibytes: number): string {
  return `Package: certagent
Version: ${VERSION}
Architecture: ${architecture}
Maintainer: certagent maintainers <maintainers@certagent.example>
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 8), passwd
Recommends: systemd
Section: admin
Priority: optional
Description: renews the certificates of Kubernetes nodes
 Watches the certificates of a kubeadm, K3s, RKE2 or k0s node, renews them within
 the maintenance window, and proves that the components serve what was renewed.
 .
 As installed it observes and alerts, and changes nothing until "certagent
 enable".
`;
}

async function archive(
  directory: string,
  architecture: Architecture,
  {
    scratch,
    tree,
    paths,
    epoch,
    fast,
  }: { scratch: string; tree: string; paths: string[]; epoch: number; fast: boolean },
): Promise<string> {
  const name = `certagent-${VERSION}-linux-${DEBIAN[architecture]}`;
  const top = join(scratch, name);
  await mkdir(top);
  run('cp', ['-a', tree, join(top, 'root')]);
  await copyFile(join(PROJECT, 'packaging/install.sh'), join(top, 'install.sh'));
  await writeFile(join(top, 'architecture'), `${DEBIAN[architecture]}\n`);
  await writeFile(join(top, 'files.txt'), `${paths.filter((path) => path !== CONFIG).join('\n')}\n`);
  await settle(top, epoch);
  const file = join(directory, `${name}.tar.gz`);
  const tar = join(scratch, `${name}.tar`);
  run('tar', [
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--format=gnu',
    '-C',
    scratch,
    '-cf',
    tar,
    name,
  ]);
  run('gzip', ['-n', fast ? '-1' : '-6', tar]);
  await rename(`${tar}.gz`, file);
  return file;
}

/** Checksums of everything in the directory, in the format of sha256sum -c. */
async function sumsOf(directory: string): Promise<string> {
  const lines: string[] = [];
  for (const name of (await readdir(directory)).sort()) {
    if (name === 'SHA256SUMS' || !name.startsWith('certagent')) continue;
    const hash = createHash('sha256').update(await readFile(join(directory, name)));
    lines.push(`${hash.digest('hex')}  ${name}\n`);
  }
  return lines.join('');
}
