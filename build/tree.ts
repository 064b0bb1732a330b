import { chmod, copyFile, lutimes, mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { exampleToml } from '../src/config/example.ts';
import { bashCompletion, fishCompletion, zshCompletion } from './completions.ts';
import { commandManual, configManual } from './manual.ts';
import { PROJECT, VERSION } from './project.ts';

export const CONFIG = 'etc/certagent/config.toml';

/** Lays out what is installed, as it lies on the node. Returns the paths, sorted. */
export async function layOut(directory: string, executable: string): Promise<string[]> {
  const files: Record<string, string | Buffer> = {
    [CONFIG]: observing(),
    'usr/share/man/man8/certagent.8.gz': gzipped(commandManual(VERSION)),
    'usr/share/man/man5/certagent.toml.5.gz': gzipped(configManual(VERSION)),
    'usr/share/bash-completion/completions/certagent': bashCompletion(),
    'usr/share/zsh/vendor-completions/_certagent': zshCompletion(),
    'usr/share/fish/vendor_completions.d/certagent.fish': fishCompletion(),
  };
  const copies: Record<string, string> = {
    'usr/bin/certagent': executable,
    'usr/lib/systemd/system/certagent.service': join(PROJECT, 'systemd/certagent.service'),
    'usr/share/certagent/notify-reload.conf': join(PROJECT, 'systemd/notify-reload.conf'),
    'usr/share/doc/certagent/copyright': join(PROJECT, 'packaging/copyright'),
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
    await chmod(join(directory, path), path === CONFIG ? 0o640 : 0o644);
  }
  for (const [path, source] of Object.entries(copies)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await copyFile(source, join(directory, path));
    await chmod(join(directory, path), path.startsWith('usr/bin/') ? 0o755 : 0o644);
  }
  return [...Object.keys(files), ...Object.keys(copies)].sort();
}

/** Whoever installs the package has not asked for a change of the node yet. */
function observing(): string {
  const text = exampleToml().replace(/^#mode = .*$/m, 'mode = "observe"');
  if (!text.includes('\nmode = "observe"\n')) throw new Error('the example of the configuration has no line for mode');
  return text;
}

/** Gives everything under a directory one time (seconds since the epoch) and directories one mode. */
export async function settle(directory: string, seconds: number): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await settle(path, seconds);
    else await lutimes(path, seconds, seconds);
  }
  await chmod(directory, 0o755);
  await utimes(directory, seconds, seconds);
}

/** node:zlib writes neither name nor time into the header. */
const gzipped = (text: string): Buffer => gzipSync(text, { level: 9 });
