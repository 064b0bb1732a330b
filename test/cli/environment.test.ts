// What Node.js and OpenSSL read from the environment does not reach certagent.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { webhookServer } from '../alert/support.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

async function run(
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<{ out: string; code: number | null }> {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { out: stdout + stderr, code: (await closed)[0] };
}

const STEERING: Record<string, string> = {
  NODE_DEBUG: 'http,net,tls',
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_EXTRA_CA_CERTS: '/nonexistent/ca.pem',
  SSL_CERT_FILE: '/nonexistent/ca.pem',
  OPENSSL_CONF: '/dev/null',
};

async function image(t: TestContext): Promise<string> {
  const hook = await webhookServer(t);
  const directory = await mkdtemp(join(tmpdir(), 'certagent-environment-'));
  t.after(() => rm(directory, { recursive: true }));
  const config = join(directory, 'etc/certagent/config.toml');
  await mkdir(dirname(config), { recursive: true });
  await writeFile(config, `[[alerts.webhook]]\nurl = "${hook.url}/secret-path"\n`);
  return directory;
}

test('variables that configure Node.js do not change what certagent prints, and reveal no address', async (t) => {
  const args = [
    '--disable-warning=ExperimentalWarning',
    join(project, 'src/main.ts'),
    '--root',
    await image(t),
    'alert',
    'test',
  ];
  const usual = await run(process.execPath, args, {});
  assert.match(usual.out, /accepted/);
  assert.deepEqual(await run(process.execPath, args, STEERING), usual);
});

test('bin/certagent starts Node.js without them: foreign code is not even loaded', async (t) => {
  const directory = await image(t);
  const marker = join(directory, 'foreign');
  const foreign = join(directory, 'foreign.cjs');
  await writeFile(foreign, `require('node:fs').writeFileSync(${JSON.stringify(marker)}, '')`);
  const { code, out } = await run(join(project, 'bin/certagent'), ['--version'], {
    ...STEERING,
    NODE_OPTIONS: `--require=${foreign}`,
  });
  assert.equal(code, 0, out);
  await assert.rejects(readFile(marker), { code: 'ENOENT' });
});

test('the exit code and the arguments are those of the command', async () => {
  const args = [
    '--disable-warning=ExperimentalWarning',
    join(project, 'src/main.ts'),
    '--root',
    '/nonexistent dir',
    'status',
  ];
  const { code, out } = await run(process.execPath, args, STEERING);
  assert.equal(code, 1);
  assert.match(out, /\/nonexistent dir does not exist \(ROOT_MISSING\)/);
});

test('the unit unsets each of them that Node.js and OpenSSL document', async () => {
  const unit = await readFile(join(project, 'systemd/certagent.service'), 'utf8');
  const unset = new Set([...unit.matchAll(/^UnsetEnvironment=(.*)$/gm)].flatMap(([, names = '']) => names.split(' ')));
  const wanted = [
    ...Object.keys(STEERING),
    'NODE_OPTIONS',
    'NODE_PATH',
    'NODE_V8_COVERAGE',
    'NODE_COMPILE_CACHE',
    'OPENSSL_MODULES',
    'SSL_CERT_DIR',
  ];
  assert.deepEqual(
    wanted.filter((name) => !unset.has(name)),
    [],
  );
});
