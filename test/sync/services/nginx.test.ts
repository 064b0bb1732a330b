// Debian's nginx with a certificate of the cluster, which checks its clients against the cluster's CA.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseConfig } from '../../../src/config/load.ts';
import { Root } from '../../../src/host/root.ts';
import { observe } from '../../../src/observe/observe.ts';
import { syncServiceCopies } from '../../../src/sync/services/service-copies.ts';
import { freePort } from '../../testnode/free-port.ts';
import { clientOf, eventually, get, nodeFor, run, served, text } from '../../testnode/support.ts';

const NGINX = '/usr/sbin/nginx';
const skip = existsSync(NGINX) && spawnSync(NGINX, ['-v']).status === 0 ? false : 'nginx is not installed';

test('nginx serves each renewed certificate, and lets in whom the CA has signed', { skip }, async (t) => {
  const node = await nodeFor(t, { kind: 'kubeadm-external-etcd' });
  const root = new Root(node.root);
  const at = (path: string) => join(node.root, path);
  await mkdir(at('/etc/nginx/ssl'), { recursive: true });
  await mkdir(at('/usr/sbin'), { recursive: true });
  const port = await freePort();
  const configFile = at('/etc/nginx/nginx.conf');
  await writeFile(configFile, nginxConfig(at, port));
  await writeFile(at('/usr/bin/systemctl'), systemctl(at, configFile), { mode: 0o755 });
  const { copies } = await parseConfig(
    `[[copies.certificates]]
from = "apiserver"
to = "/etc/nginx/ssl/k8s.pem"
key_to = "/etc/nginx/ssl/k8s.key"
reload = "nginx.service"
served = "127.0.0.1:${port}"
[[copies.certificates]]
from = "ca"
to = "/etc/nginx/ssl/k8s-ca.pem"
reload = "nginx.service"
`,
    'config',
  );
  const sync = async () => {
    const inventory = await observe({ root, config: { watch: { paths: [] }, node: {} }, now: Date.now() });
    return syncServiceCopies(copies.certificates, { root, inventory, dryRun: false });
  };
  const leaf = async () => new X509Certificate(await text(node, '/etc/kubernetes/pki/apiserver.crt')).fingerprint256;

  const first = await sync();
  assert.deepEqual(
    first.map(({ result }) => result),
    ['created', 'created'],
  );
  assert.equal(first[0]?.service?.served?.state, 'unreachable', 'it does not run yet');
  await startNginx(t, at, configFile);
  await eventually(async () => (await served(port)).fingerprint256 === (await leaf()));
  const admin = clientOf(await text(node, '/etc/kubernetes/admin.conf'));
  const hello = await get(port, '/', admin);
  assert.deepEqual([hello.status, /hello .*CN=kubernetes-admin/.test(hello.body)], [200, true]);
  assert.equal((await get(port, '/')).status, 400, 'nobody without a certificate');

  const before = await leaf();
  assert.equal((await run(node, '/usr/bin/kubeadm', 'certs', 'renew', 'apiserver')).code, 0);
  assert.notEqual(await leaf(), before);
  const [renewed] = await sync();
  assert.equal(renewed?.result, 'updated');
  assert.deepEqual([renewed?.service?.reload, renewed?.service?.served?.state], [null, 'current']);
  // A worker that is on its way out can still take a connection.
  await eventually(async () => (await served(port)).fingerprint256 === (await leaf()));
  assert.equal((await get(port, '/', admin)).status, 200);

  // A configuration that nginx refuses: the file is new, and what is served is not.
  await writeFile(configFile, `${nginxConfig(at, port)}\nnonsense;\n`);
  assert.equal((await run(node, '/usr/bin/kubeadm', 'certs', 'renew', 'apiserver')).code, 0);
  const [broken] = await sync();
  assert.match(broken?.service?.reload ?? '', /systemctl reload nginx.service exited with 1/);
  assert.equal(broken?.service?.served?.state, 'stale');
  await writeFile(configFile, nginxConfig(at, port));
  const [healed] = await sync();
  assert.deepEqual([healed?.result, healed?.service?.served?.state], ['current', 'current']);
});

function nginxConfig(at: (path: string) => string, port: number): string {
  return `daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${at('/run/nginx.pid')};
error_log ${at('/run/nginx.log')};
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${at(`/run/${name}`)};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${at('/etc/nginx/ssl/k8s.pem')};
    ssl_certificate_key ${at('/etc/nginx/ssl/k8s.key')};
    ssl_client_certificate ${at('/etc/nginx/ssl/k8s-ca.pem')};
    ssl_verify_client on;
    location / { return 200 "hello $ssl_client_s_dn"; }
  }
}
`;
}

/** As Debian's nginx.service reloads it: the configuration is checked first. */
function systemctl(at: (path: string) => string, configFile: string): string {
  const running = `test -s ${at('/run/nginx.pid')}`;
  return `#!/bin/sh
case $1 in
  show) ${running} && state=active || state=inactive; echo LoadState=loaded; echo ActiveState=$state; echo SubState=running;;
  reload) ${NGINX} -q -t -c ${configFile} || exit 1; read -r pid < ${at('/run/nginx.pid')}; kill -HUP "$pid";;
esac
`;
}

async function startNginx(t: TestContext, at: (path: string) => string, configFile: string): Promise<void> {
  const child: ChildProcess = spawn(NGINX, ['-c', configFile, '-p', at('/run')], { stdio: 'ignore' });
  t.after(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
}
