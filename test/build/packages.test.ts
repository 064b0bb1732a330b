import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { type Architecture, DEBIAN, PROJECT, VERSION } from '../../build/project.ts';
import { run } from '../../build/run.ts';
import { schemaFiles } from '../../build/schemas.ts';
import { PAGES } from '../../build/tree.ts';
import { parseConfig } from '../../src/config/load.ts';
import { CODES } from '../../src/domain/alerts/catalogue.ts';
import { command } from '../testnode/support.ts';
import { builtPackages } from './built.ts';
import { buildTools } from './support.ts';

const SCHEMAS = Object.keys(schemaFiles()).sort();

const own = process.arch as Architecture;
const skip = buildTools();

let EXECUTABLE = '';
let DEB = '';
let ARCHIVE = '';

before(async () => {
  if (skip) return;
  ({ executable: EXECUTABLE, deb: DEB, archive: ARCHIVE } = await builtPackages());
});

test('the executable runs without anything beside it, and takes no foreign code', { skip }, async (t) => {
  const directory = await temporary(t);
  const foreign = join(directory, 'foreign.cjs');
  await writeFile(foreign, 'console.log("FOREIGN")');
  const env = { PATH: '/nonexistent', NODE_OPTIONS: `--require=${foreign}` };
  assert.equal(run(EXECUTABLE, ['--version'], { cwd: directory, env }), `${VERSION}\n`);
  const { code, stdout } = await command(EXECUTABLE, ['--root', directory, 'status', '-o', 'json']);
  assert.equal(code, 0);
  assert.match(stdout, /"schema": "certagent.status/);
});

test('what the package installs, with which rights', { skip }, async (t) => {
  const listing = run('dpkg-deb', ['-c', DEB]);
  const files = listing.split('\n').filter((line) => line.startsWith('-'));
  assert.deepEqual(
    files.map((line) => [line.slice(0, 10), line.split(/\s+/)[1], line.split(' ./').at(-1)].join(' ')).toSorted(),
    [
      '-rw-r----- root/root etc/certagent/config.toml',
      '-rwxr-xr-x root/root usr/bin/certagent',
      '-rw-r--r-- root/root usr/lib/systemd/system/certagent.service',
      '-rw-r--r-- root/root usr/share/bash-completion/completions/certagent',
      '-rw-r--r-- root/root usr/share/certagent/config.example.toml',
      '-rw-r--r-- root/root usr/share/certagent/grafana/certagent.json',
      '-rw-r--r-- root/root usr/share/certagent/notify-reload.conf',
      '-rw-r--r-- root/root usr/share/certagent/prometheus/certagent.rules.yml',
      ...SCHEMAS.map((path) => `-rw-r--r-- root/root ${path}`),
      ...[
        ...CODES.map((code) => `alerts/${code}.md`),
        ...PAGES.map((page) => `${page}.md`),
        ...['changelog.gz', 'copyright', 'third-party-licenses.gz'],
      ].map((name) => `-rw-r--r-- root/root usr/share/doc/certagent/${name}`),
      '-rw-r--r-- root/root usr/share/fish/vendor_completions.d/certagent.fish',
      '-rw-r--r-- root/root usr/share/lintian/overrides/certagent',
      '-rw-r--r-- root/root usr/share/man/man5/certagent.toml.5.gz',
      '-rw-r--r-- root/root usr/share/man/man7/certagent-alerts.7.gz',
      '-rw-r--r-- root/root usr/share/man/man8/certagent.8.gz',
      '-rw-r--r-- root/root usr/share/zsh/vendor-completions/_certagent',
    ].toSorted(),
  );
  const directory = await temporary(t);
  run('dpkg-deb', ['-e', DEB, directory]);
  assert.equal(await readFile(join(directory, 'conffiles'), 'utf8'), '/etc/certagent/config.toml\n');
  for (const script of ['postinst', 'prerm', 'postrm']) run('sh', ['-n', join(directory, script)]);
});

// Another text here, and dpkg asks about it on every node in renew mode; without a terminal the upgrade then fails.
test('the installed configuration equals the first version’s, byte for byte', async () => {
  const hash = createHash('sha256').update(await readFile(join(PROJECT, 'packaging/config.toml')));
  assert.equal(hash.digest('hex'), 'f3c8871b5b2831939868cb18e207f11d5c431960dd62d41850403f9da54ed80b');
});

test('the archive installs, keeps a changed configuration, and removes what it brought', { skip }, async (t) => {
  const directory = await temporary(t);
  run('tar', ['-xzf', ARCHIVE, '-C', directory]);
  const install = join(directory, `certagent-${VERSION}-linux-${DEBIAN[own]}`, 'install.sh');
  const node = join(directory, 'node');
  const env = { DESTDIR: node };
  run(install, [], { env });
  const config = join(node, 'etc/certagent/config.toml');
  assert.equal((await parseConfig(await readFile(config, 'utf8'), config)).mode, 'observe');
  assert.equal(run(join(node, 'usr/bin/certagent'), ['--version']), `${VERSION}\n`);
  await writeFile(config, 'mode = "renew"\n');
  run(install, [], { env });
  assert.equal(await readFile(config, 'utf8'), 'mode = "renew"\n');
  run(install, ['--uninstall'], { env });
  assert.equal(existsSync(join(node, 'usr/bin/certagent')), false);
  assert.equal(existsSync(config), true);
  run(install, ['--uninstall', '--purge'], { env });
  assert.equal(existsSync(config), false);
});

test('the archive installs on a machine: group, owner, upgrade, removal', { skip }, async (t) => {
  // This machine's own files, on which nothing that is written stays.
  const directory = await temporary(t);
  const top = `certagent-${VERSION}-linux-${DEBIAN[own]}`;
  const machine = join(directory, 'machine');
  const prepare = [
    `mount -t tmpfs none '${directory}'`,
    `mkdir '${directory}/up' '${directory}/work' '${machine}'`,
    `mount -t overlay none -o 'lowerdir=/,upperdir=${directory}/up,workdir=${directory}/work' '${machine}'`,
  ].join(' && ');
  const inside = (script: string) => command('unshare', ['--mount', 'sh', '-euc', `${prepare} || exit 77; ${script}`]);
  if ((await inside('')).code !== 0) return t.skip('no overlay can be mounted here (wants root)');

  const on = (script: string) => `chroot '${machine}' sh -euc '${script}'`;
  const { code, stdout, stderr } = await inside(`
    tar -xzf '${ARCHIVE}' -C '${machine}/mnt' --no-same-owner
    rm -rf '${machine}/etc/certagent' '${machine}/run/systemd' '${machine}/var/lib/dpkg/info/certagent.list'
    exec 3>&1 >/dev/null
    ${on(`cd /mnt/${top}
      ./install.sh
      stat -c "%a %U:%G %n" /etc/certagent/config.toml /usr/bin/certagent >&3
      echo "# mine" >>/etc/certagent/config.toml
      mkdir -p /var/lib/certagent
      ./install.sh
      tail -n 1 /etc/certagent/config.toml >&3
      ./install.sh --uninstall
      ls -d /usr/bin/certagent /etc/certagent /var/lib/certagent >&3 2>/dev/null || true
      ./install.sh --uninstall --purge
      ls -d /etc/certagent /var/lib/certagent >&3 2>/dev/null || true
      getent group certagent >&3 || true`)}`);
  assert.equal(code, 0, stderr);
  assert.deepEqual(stdout.trim().split('\n'), [
    '640 root:certagent /etc/certagent/config.toml',
    '755 root:root /usr/bin/certagent',
    '# mine',
    '/etc/certagent',
    '/var/lib/certagent',
  ]);
});

async function temporary(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-build-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
