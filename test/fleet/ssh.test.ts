// certagent fleet through OpenSSH's own client and server, on loopback.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetReport } from '../../src/domain/fleet/model.ts';
import { Root } from '../../src/host/root.ts';
import { certagent } from '../cli/support.ts';
import { freePort } from '../testnode/free-port.ts';
import { executable, says, statusOf } from './support.ts';

const SSHD = '/usr/sbin/sshd';
const lacking = [SSHD, '/usr/bin/ssh', '/usr/bin/ssh-keygen'].filter(
  (path) => spawnSync(path, ['-V']).error !== undefined,
);
const skip = lacking.length > 0 ? `${lacking.join(', ')} not installed` : process.getuid?.() !== 0 ? 'not root' : false;

test('real ssh: a node that answers, an unknown host key, a key that is refused, a closed port', {
  skip,
  timeout: 120_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-ssh-'));
  let server: ChildProcess | null = null;
  after(async () => {
    if (server !== null && server.exitCode === null) {
      server.kill();
      await once(server, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  });
  await chmod(directory, 0o755);
  const at = (name: string) => join(directory, name);
  for (const key of ['host', 'user', 'forced', 'stranger'])
    assert.equal(spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]).status, 0);
  const [port, closed] = [await freePort(), await freePort()];
  // As docs/many-sites.md has it: a key that can do nothing else.
  const restricted = `restrict,command="certagent status -o json" ${await readFile(at('forced.pub'), 'utf8')}`;
  await writeFile(at('authorized_keys'), `${await readFile(at('user.pub'), 'utf8')}${restricted}`);
  await writeFile(at('known_hosts'), `[127.0.0.1]:${port} ${await readFile(at('host.pub'), 'utf8')}`);
  await mkdir(at('remote'));
  await executable(
    at('remote/certagent'),
    `[ "$*" = 'status -o json' ] || exit 9\n${says(JSON.stringify(statusOf('k3s-1')))}`,
  );
  await writeFile(
    at('sshd_config'),
    [`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${at('host')}`, `AuthorizedKeysFile ${at('authorized_keys')}`]
      .concat([
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'UsePAM no',
        'StrictModes no',
        'PidFile none',
      ])
      .concat(['PermitRootLogin yes', `SetEnv PATH=${at('remote')}:/usr/bin:/bin`, ''])
      .join('\n'),
  );
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  server = spawn(SSHD, ['-D', '-e', '-f', at('sshd_config')], { stdio: 'ignore' });
  await answers(port);

  const host = (name: string, lines: string[]) =>
    [`Host ${name}`, '  HostName 127.0.0.1', ...lines.map((line) => `  ${line}`), ''].join('\n');
  const known = [
    `Port ${port}`,
    `IdentityFile ${at('user')}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${at('known_hosts')}`,
  ];
  await writeFile(
    at('ssh_config'),
    [
      host('good', known),
      host('unknown-key', known.with(3, `UserKnownHostsFile ${at('none')}`)),
      host('forced', known.with(1, `IdentityFile ${at('forced')}`)),
      host('refused', known.with(1, `IdentityFile ${at('stranger')}`)),
      host('closed', known.with(0, `Port ${closed}`)),
    ].join(`\n`),
  );
  // The user's own configuration would be in a home directory, which ssh takes from /etc/passwd.
  await mkdir(at('root/usr/bin'), { recursive: true });
  await executable(at('root/usr/bin/ssh'), `exec /usr/bin/ssh -F '${at('ssh_config')}' "$@"`);
  const { username } = userInfo();
  await writeFile(at('sites.txt'), `good\n${username}@good\nforced\nunknown-key\nrefused\nclosed\n`);
  const ran = await certagent(new Root(at('root')), ['fleet', '--hosts', at('sites.txt'), '-t', '60', '-o', 'json']);
  assert.equal(ran.exitCode, 3, ran.stderr);
  const shown = (JSON.parse(ran.stdout) as FleetReport).nodes.map(({ host, name, silent }) => [host, silent ?? name]);
  const said = Object.fromEntries(shown) as Record<string, string>;
  assert.equal(said.good, 'k3s-1');
  assert.equal(said[`${username}@good`], 'k3s-1');
  assert.equal(said.forced, 'k3s-1');
  assert.match(said['unknown-key']!, /^Host key verification failed\./);
  assert.match(said.refused!, /Permission denied \(publickey\)\./);
  assert.match(said.closed!, /port \d+: Connection refused/);
});

async function answers(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await sleep(100);
  }
}
