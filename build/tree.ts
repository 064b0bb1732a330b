import { chmod, copyFile, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bashCompletion, fishCompletion, zshCompletion } from '../src/cli/completions.ts';
import { exampleToml } from '../src/config/example.ts';
import { licenses } from './licenses.ts';
import { alertManual, commandManual, configManual } from './manual.ts';
import { PROJECT, VERSION } from './project.ts';
import { RUNBOOKS } from './runbooks.ts';
import { schemaFiles } from './schemas.ts';

export const CONFIG = 'etc/certagent/config.toml';
/** Pages for operators, each about one topic. What compares certagent and names its tests is for those who have not installed it yet. */
export const PAGES = [
  ...['alerting', 'alerts', 'external-ca', 'faq', 'first-week', 'hooks', 'install'],
  ...['k3s-in-place', 'many-sites', 'metrics'],
  ...['rehearsal', 'restore', 'san-drift', 'security', 'services', 'several-control-planes'],
  ...['upgrade', 'users-certificates', 'what-it-does'],
];
const CHANGELOG = join(PROJECT, 'packaging/debian/changelog');

/** Writes the tree that is installed on the node. Returns the paths, sorted. */
export async function layOut(directory: string, executable: string): Promise<string[]> {
  const files: Record<string, string | Buffer> = {
    'usr/share/certagent/config.example.toml': exampleToml(),
    'usr/share/doc/certagent/changelog.gz': gzipped(await readFile(CHANGELOG, 'utf8')),
    'usr/share/doc/certagent/third-party-licenses.gz': gzipped(await licenses()),
    'usr/share/man/man7/certagent-alerts.7.gz': gzipped(alertManual(VERSION)),
    'usr/share/man/man8/certagent.8.gz': gzipped(commandManual(VERSION)),
    'usr/share/man/man5/certagent.toml.5.gz': gzipped(configManual(VERSION)),
    'usr/share/bash-completion/completions/certagent': bashCompletion(),
    'usr/share/zsh/vendor-completions/_certagent': zshCompletion(),
    'usr/share/fish/vendor_completions.d/certagent.fish': fishCompletion(),
    ...schemaFiles(),
  };
  const copies: Record<string, string> = {
    // A new installation has not been asked to change the node: it observes. Its bytes must not change from
    // one version to the next: every node in renew mode has changed this file, and dpkg asks where both have, or gives up
    // the upgrade where nobody can answer. A file that is not a conffile explains the keys.
    [CONFIG]: join(PROJECT, 'packaging/config.toml'),
    'usr/bin/certagent': executable,
    'usr/lib/systemd/system/certagent.service': join(PROJECT, 'systemd/certagent.service'),
    'usr/share/certagent/notify-reload.conf': join(PROJECT, 'systemd/notify-reload.conf'),
    'usr/share/certagent/prometheus/certagent.rules.yml': join(PROJECT, 'packaging/prometheus/certagent.rules.yml'),
    'usr/share/certagent/grafana/certagent.json': join(PROJECT, 'packaging/grafana/certagent.json'),
    'usr/share/doc/certagent/copyright': join(PROJECT, 'packaging/debian/copyright'),
  };
  for (const page of PAGES) copies[`usr/share/doc/certagent/${page}.md`] = join(PROJECT, `docs/${page}.md`);
  for (const page of Object.keys(RUNBOOKS))
    copies[`usr/share/doc/certagent/alerts/${basename(page)}`] = join(PROJECT, page);
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  for (const [path, source] of Object.entries(copies)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await copyFile(source, join(directory, path));
  }
  return [...Object.keys(files), ...Object.keys(copies)].sort();
}

/**
 * Gives everything under a directory one time (seconds since the epoch) and the modes it is installed with, whatever the
 * builder's umask. Returns its size as Debian counts it, in KiB: each file by itself, and one for each directory.
 */
export async function settle(directory: string, seconds: number): Promise<number> {
  let kibibytes = 1;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      kibibytes += await settle(path, seconds);
      continue;
    }
    const { mode, size } = await stat(path);
    await chmod(path, path.endsWith(CONFIG) ? 0o640 : mode & 0o100 ? 0o755 : 0o644);
    await utimes(path, seconds, seconds);
    kibibytes += Math.ceil(size / 1024);
  }
  await chmod(directory, 0o755);
  await utimes(directory, seconds, seconds);
  return kibibytes;
}

/** node:zlib writes neither name nor time into the header. */
const gzipped = (text: string): Buffer => gzipSync(text, { level: 9 });
