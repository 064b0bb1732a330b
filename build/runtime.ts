import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Architecture, locked, PROJECT } from './project.ts';
import { firstThere, run } from './run.ts';

const CACHE = join(PROJECT, 'node_modules/.cache/certagent-build');

/** Path of the Node.js for an architecture. npm installs only the machine's own; the other is fetched and checked once. */
export async function runtime(architecture: Architecture): Promise<string> {
  const name = `node-linux-${architecture}`;
  const installed = join(PROJECT, 'node_modules', name, 'bin/node');
  if (existsSync(installed)) return installed;
  const { version, integrity } = locked(name);
  const kept = join(CACHE, `${name}-${version}`);
  const node = join(kept, 'package/bin/node');
  if (existsSync(node)) return node;
  const fresh = `${kept}.${process.pid}`;
  await mkdir(fresh, { recursive: true });
  run('npm', ['pack', '--silent', `${name}@${version}`, '--pack-destination', fresh], { cwd: fresh });
  const archive = join(fresh, `${name}-${version}.tgz`);
  const hash = `sha512-${createHash('sha512')
    .update(await readFile(archive))
    .digest('base64')}`;
  if (hash !== integrity) throw new Error(`${name}@${version} is not what package-lock.json says: ${hash}`);
  run('tar', ['-xzf', archive, '-C', fresh, 'package/bin/node', 'package/LICENSE', '--no-same-owner']);
  await rm(archive);
  await rm(kept, { recursive: true, force: true });
  await rename(fresh, kept);
  return node;
}

/** Copies the runtime without its symbols: half of its size. Once something is injected, they can no longer be removed. */
export function stripped(node: string, to: string, architecture: Architecture): void {
  const own = architecture === process.arch ? ['strip'] : [];
  const cross = architecture === 'arm64' ? 'aarch64-linux-gnu-strip' : 'x86_64-linux-gnu-strip';
  const program = firstThere(...own, cross, 'llvm-strip');
  if (program === null) throw new Error(`no strip for ${architecture}: install ${cross} (binutils) or llvm`);
  run(program, ['-o', to, node]);
}
