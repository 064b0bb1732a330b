// A CA elsewhere that signs through an intermediate CA: the root, in ca.crt on the node, stays offline.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { InstallFile } from '../../src/domain/model/requests-report.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { readAnswers } from '../../src/host/exchange-files.ts';
import { readLeaf } from '../../src/host/leaf.ts';
import { type OpensslCa, opensslCa } from '../../testnode/openssl-ca.ts';
import { fingerprints, type Scene, type SceneOptions, scene } from './support.ts';

const PKI = '/etc/kubernetes/pki';
const quiet = (): void => {};
type Chained = Scene & { issuing: OpensslCa; chain: string; work: string };

async function chained(t: TestContext, options: Partial<SceneOptions> = {}): Promise<Chained> {
  const made = await scene(t, { kind: 'kubeadm-external-etcd', days: 20, ...options });
  const work = mkdtempSync(join(tmpdir(), 'certagent-chain-'));
  t.after(() => rmSync(work, { recursive: true, force: true }));
  const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: work, stdio: 'pipe' });
  const [crt, key] = ['crt', 'key'].map((end) => made.root.at(`${PKI}/ca.${end}`)) as [string, string];
  writeFileSync(join(work, 'ca.ext'), 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n');
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', 'issuing.key');
  openssl('req', '-new', '-key', 'issuing.key', '-subj', '/CN=issuing', '-out', 'issuing.csr');
  const words = ['-CA', crt, '-CAkey', key, '-days', '1000', '-extfile', 'ca.ext', '-out', 'issuing.crt'];
  openssl('x509', '-req', '-in', 'issuing.csr', ...words);
  rmSync(key);
  const chain = readFileSync(join(work, 'issuing.crt'), 'utf8');
  return {
    ...made,
    work,
    chain,
    issuing: opensslCa(join(work, 'ca'), chain, readFileSync(join(work, 'issuing.key'), 'utf8')),
  };
}

/** Signed by the intermediate CA, whose certificate is in each file, in a file of its own, or nowhere. */
async function answers(
  made: Chained,
  where: 'behind' | 'beside' | 'nowhere',
  names: string[] = [],
  days = 365,
): Promise<InstallFile[]> {
  const { agent, work, issuing, chain } = made;
  const [from, to] = [join(work, 'csr'), join(work, 'signed')];
  for (const directory of [from, to]) {
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory);
  }
  const { requests } = await agent.csr({ names, fresh: false, drop: false });
  for (const { id, csr } of requests) writeFileSync(join(from, `${id}.csr`), csr);
  for (const path of issuing.signAll(from, to, { days }))
    if (where === 'behind') writeFileSync(path, `${readFileSync(path, 'utf8')}${chain}`);
  if (where === 'beside') writeFileSync(join(to, 'ca_chain.pem'), chain);
  return readAnswers([to]);
}

describe('certificates through an intermediate CA', { concurrency: 2 }, () => {
  it('are installed with it, served, given to copies, and can be renewed again', async (t) => {
    const made = await chained(t);
    const { agent, root, node } = made;
    const before = await fingerprints(node);
    const none = await agent.installPlan({ files: await answers(made, 'nowhere') });
    assert.match(none.refused[0]?.why ?? '', /not by the CA in .*, nor does a certificate among the files lead there/);
    assert.deepEqual(await fingerprints(node), before);

    const outcome = await agent.install({ files: await answers(made, 'behind') }, quiet);
    assert.equal(outcome?.result, 'succeeded', outcome?.error?.message);
    assert.equal((await readLeaf(root, `${PKI}/apiserver.crt`)).others.length, 1, 'with the intermediate CA');
    assert.equal((await readLeaf(root, '/etc/kubernetes/scheduler.conf')).others.length, 1);
    const status = await agent.check();
    const apiserver = status.certificates.find(({ id }) => id === 'apiserver');
    assert.equal(apiserver?.owner, 'external-ca');
    assert.ok(apiserver.certificate.notAfter > Date.now() + 300 * DAY);
    assert.deepEqual(
      status.alerts.map(({ alert }) => alert.code).filter((code) => /ISSUER|SIGNED|CHAIN|CA_/.test(code)),
      [],
    );
    assert.ok(status.served.every(({ state }) => state === 'current'));
    assert.deepEqual(
      status.copies.map(({ result }) => result),
      ['current'],
    );

    // The next time, with the intermediate CA in a file of its own.
    const again = await agent.install(
      { files: await answers(made, 'beside', ['apiserver', 'admin.conf'], 400) },
      quiet,
    );
    assert.equal(again?.result, 'succeeded', again?.error?.message);
    assert.equal((await readLeaf(root, '/etc/kubernetes/admin.conf')).others.length, 1);
  });

  it('that the node does not take are undone', async (t) => {
    const made = await chained(t, { faults: { rejectsRenewed: ['kube-scheduler'] } });
    const { agent, node } = made;
    const credentials = async () =>
      Object.entries(await fingerprints(node)).filter(([path]) => !path.includes('manifests'));
    const files = await answers(made, 'behind', ['scheduler.conf']);
    const before = await credentials();
    const outcome = await agent.install({ files }, quiet);
    assert.equal(outcome?.result, 'rolled-back', outcome?.error?.message);
    assert.deepEqual(await credentials(), before);
  });
});
