import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type TestContext, test } from 'node:test';
import { type Architecture, PROJECT } from '../../build/project.ts';
import { run } from '../../build/run.ts';
import { BUILD_INPUTS, builtPackages } from './built.ts';
import { buildTools } from './support.ts';

const own = process.arch as Architecture;
const skip = buildTools();

/** A clone as another builder has it: elsewhere, under a longer name. The npm packages beside it are links, not copies. */
async function clone(t: TestContext): Promise<string> {
  await mkdir(join(PROJECT, 'dist'), { recursive: true });
  const directory = await mkdtemp(join(PROJECT, 'dist/.a-clone-elsewhere-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  for (const name of BUILD_INPUTS) await cp(join(PROJECT, name), join(directory, name), { recursive: true });
  await mkdir(join(directory, 'node_modules'));
  const packages = (await readdir(join(PROJECT, 'node_modules'))).filter((name) => !name.startsWith('.'));
  run('cp', ['-al', ...packages.map((name) => join(PROJECT, 'node_modules', name)), join(directory, 'node_modules')]);
  return directory;
}

async function temporary(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-same-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

test('two clones build the same executable, byte for byte', { skip }, async (t) => {
  const out = await temporary(t);
  run(process.execPath, [join(await clone(t), 'build/main.ts'), own, '--out', out]);
  const [name] = await readdir(out);
  const { executable } = await builtPackages();
  assert.equal(await digest(join(out, name!)), await digest(executable));
});

test('two clones make the same packages, whatever the umask, time zone and language', { skip }, async (t) => {
  const builders = [
    { project: PROJECT, umask: '022', env: {} },
    { project: await clone(t), umask: '077', env: { TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8', LC_ALL: '' } },
  ];
  // What is packed does not matter here, and compressing a whole executable takes a minute.
  const script = 'const [m, d] = process.argv.slice(1); await (await import(m)).makePackages(d, ["x64", "arm64"]);';
  const digests: Record<string, string>[] = [];
  for (const { project, umask, env } of builders) {
    const out = await temporary(t);
    for (const name of ['certagent', 'certagent-arm64']) {
      await writeFile(join(out, name), '#!/bin/sh\n');
      await chmod(join(out, name), 0o755);
    }
    const words = ['--input-type=module', '-e', script, join(project, 'build/packages.ts'), out];
    run('sh', ['-c', 'umask "$1" && shift && exec "$@"', 'sh', umask, process.execPath, ...words], {
      env: { SOURCE_DATE_EPOCH: '1700000000', ...env },
    });
    const names = (await readdir(out)).sort();
    digests.push(
      Object.fromEntries(await Promise.all(names.map(async (name) => [name, await digest(join(out, name))]))),
    );
  }
  assert.equal(Object.keys(digests[0]!).length, 8, 'two executables, two .deb, two .tar.gz, the SBOM, the sums');
  assert.deepEqual(digests[0], digests[1]);
});
