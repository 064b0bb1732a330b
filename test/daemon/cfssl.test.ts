// A real CA server, where its package is installed (Debian: golang-cfssl): `cfssl serve` signs the requests over HTTP.
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../testnode/free-port.ts';
import { scene } from './support.ts';

const PKI = '/etc/kubernetes/pki';
const usages = ['signing', 'key encipherment'];
const isThere = ((): boolean => {
  try {
    execFileSync('cfssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test('cfssl signs the requests, and certagent installs what it answers', {
  skip: !isThere && 'cfssl is not installed',
}, async (t) => {
  const { agent, root } = await scene(t, { kind: 'kubeadm-external-etcd', days: 20 });
  const work = await mkdtemp(join(tmpdir(), 'certagent-cfssl-'));
  t.after(() => rm(work, { recursive: true, force: true }));
  for (const file of ['ca.crt', 'ca.key']) await writeFile(join(work, file), await readFile(root.at(`${PKI}/${file}`)));
  await rm(root.at(`${PKI}/ca.key`));
  const profiles = {
    serverAuth: { usages: [...usages, 'server auth'], expiry: '8760h' },
    clientAuth: { usages: [...usages, 'client auth'], expiry: '8760h' },
  };
  await writeFile(join(work, 'config.json'), JSON.stringify({ signing: { default: profiles.clientAuth, profiles } }));
  const port = await freePort();
  const words = ['serve', '-address=127.0.0.1', `-port=${port}`, '-ca=ca.crt', '-ca-key=ca.key', '-config=config.json'];
  const server: ChildProcess = spawn('cfssl', words, { cwd: work, stdio: 'ignore' });
  t.after(() => server.kill('SIGKILL'));

  const sign = async (request: string, profile: string): Promise<string> => {
    const body = JSON.stringify({ certificate_request: request, profile });
    for (let tries = 0; ; tries += 1) {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/cfssl/sign`, { method: 'POST', body }).catch(
        () => null,
      );
      if (answer !== null) return ((await answer.json()) as { result: { certificate: string } }).result.certificate;
      if (tries > 300) throw new Error('cfssl does not answer');
      await sleep(100);
    }
  };
  const { requests } = await agent.csr({ names: [], fresh: false, drop: false });
  const files = await Promise.all(
    requests.map(async ({ id, csr, usages: [profile = ''] }) => ({
      name: `${id}.json`,
      text: await sign(csr, profile),
    })),
  );
  const outcome = await agent.install({ files }, () => {});
  assert.equal(outcome?.result, 'succeeded', outcome?.error?.message);
  assert.equal(outcome?.granted.length, requests.length);
});
