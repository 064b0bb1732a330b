// `certagent restore` on throw-away nodes, from the request to the alert.
import assert from 'node:assert/strict';
import { appendFile, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Agent } from '../../src/daemon/agent.ts';
import { errorCode } from '../../src/domain/model/errors.ts';
import { BACKUPS_DIR } from '../../src/domain/plan/planner.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { readLeaf } from '../../src/host/leaf.ts';
import type { Root } from '../../src/host/root.ts';
import { fingerprints, type Scene, type SceneOptions, scene, toldAtLast } from './support.ts';

const PKI = '/etc/kubernetes/pki';
const quiet = (): void => {};

/** Manifests are annotated, and users' copies follow their own rules. */
async function credentials(node: Scene['node']): Promise<Record<string, string>> {
  const all = Object.entries(await fingerprints(node));
  return Object.fromEntries(all.filter(([path]) => !/\/manifests\/|^\/home\//.test(path)));
}

/** A node on which certagent has renewed, and that has the backup of it. */
async function renewed(
  t: TestContext,
  options: Partial<SceneOptions> = {},
): Promise<Scene & { before: Record<string, string>; backup: string }> {
  const made = await scene(t, { kind: 'kubeadm-external-etcd', days: 20, ...options });
  const before = await credentials(made.node);
  const outcome = await made.agent.renew({ force: false }, quiet);
  assert.equal(outcome?.result, 'succeeded', outcome?.error?.message);
  return { ...made, before, backup: outcome.planId };
}

const summaries = async (agent: Agent) => (await agent.backups()).backups;
const endOf = async (root: Root, path: string) => (await readLeaf(root, path)).certificate.notAfter;

describe('certagent restore', { concurrency: 2 }, () => {
  it('restores what a renewal replaced, has it loaded, and can be undone by another restore', async (t) => {
    const { node, agent, inbox, root, before, backup } = await renewed(t);
    const after = await credentials(node);
    const [one] = await summaries(agent);
    assert.equal(one?.id, backup);
    assert.equal(one.refusal, null);
    assert.ok(one.restorable.includes('apiserver') && one.restorable.includes('admin.conf'));
    assert.ok(
      one.holds.every(({ path }) => !/ca\.crt$/.test(path)),
      'no CA',
    );

    const planned = await agent.restorePlan({ plan: backup });
    assert.deepEqual([planned.blockers, planned.left], [[], []]);
    assert.match(planned.plan?.warnings?.join() ?? '', /certagent renews them again/);
    assert.deepEqual(await credentials(node), after, 'a plan changes nothing');
    const seen: string[] = [];
    const outcome = await agent.restore({ plan: backup }, ({ title, state }) => void seen.push(`${state} ${title}`));
    assert.equal(outcome?.result, 'succeeded', outcome?.error?.message);
    assert.equal(outcome?.restores, backup);
    assert.deepEqual(await credentials(node), before, 'byte for byte');
    assert.ok(seen.some((line) => /^done put \d+ certificates/.test(line)));
    const status = await agent.status();
    assert.ok(
      status.served.every(({ state }) => state === 'current'),
      'the servers serve what was restored',
    );
    assert.equal(status.lastAttempt?.restores, backup);
    assert.ok((await toldAtLast(inbox, 'event RESTORED')).includes('event RESTORED'));

    // What was replaced is in a backup of its own.
    const [newest] = await summaries(agent);
    assert.notEqual(newest?.id, backup);
    assert.equal((await agent.restore({ plan: newest!.id }, quiet))?.result, 'succeeded');
    assert.deepEqual(await credentials(node), after);
    assert.ok((await endOf(root, `${PKI}/apiserver.crt`)) > Date.now() + 300 * DAY);
    assert.equal(await agent.restore({ plan: newest!.id }, quiet), null, 'everything is as it was');
  });

  it('leaves what somebody has changed or removed, each key with its certificate', async (t) => {
    const { agent, root, before, node, backup } = await renewed(t);
    const at = (path: string) => root.at(path);
    await appendFile(at(`${PKI}/apiserver.crt`), '# by hand\n');
    await rm(at('/etc/kubernetes/admin.conf'));
    const { left, plan } = await agent.restorePlan({ plan: backup });
    assert.deepEqual(Object.fromEntries(left.map(({ path, why }) => [path, why])), {
      [`${PKI}/apiserver.crt`]: 'somebody has changed it since certagent wrote it',
      [`${PKI}/apiserver.key`]: `stays with ${PKI}/apiserver.crt`,
      '/etc/kubernetes/admin.conf': 'somebody has removed it since',
    });
    assert.ok(plan !== null && !plan.certificates.includes('apiserver'));
    const changed = await readFile(at(`${PKI}/apiserver.crt`));
    assert.equal((await agent.restore({ plan: backup }, quiet))?.result, 'succeeded');
    assert.deepEqual(await readFile(at(`${PKI}/apiserver.crt`)), changed);
    const now = await credentials(node);
    assert.equal(now['/etc/kubernetes/admin.conf'], undefined);
    assert.notEqual(now[`${PKI}/apiserver.key`], before[`${PKI}/apiserver.key`]);
    assert.equal(now['/etc/kubernetes/scheduler.conf'], before['/etc/kubernetes/scheduler.conf']);
  });

  it('refuses what has expired since, what another CA has signed, and what is damaged', async (t) => {
    const clock = { ahead: 0 };
    const { agent, root, backup, node } = await renewed(t, {
      now: () => Date.now() + clock.ahead,
      config: '[clock]\nrequire_synchronized = false',
    });
    const files = join(root.at(`${BACKUPS_DIR}/${backup}`), 'files');
    await writeFile(join(files, `${PKI}/front-proxy-client.crt`), 'damaged');
    const unchanged = await credentials(node);
    const first = await agent.restorePlan({ plan: backup });
    assert.match(first.left.find(({ path }) => path === `${PKI}/front-proxy-client.crt`)?.why ?? '', /is damaged/);
    clock.ahead = 25 * DAY;
    const second = await agent.restorePlan({ plan: backup });
    assert.equal(second.plan, null);
    assert.match(second.left.find(({ path }) => path === `${PKI}/apiserver.crt`)?.why ?? '', /has expired since, on /);
    await assert.rejects(agent.restore({ plan: backup }, quiet), (error) => errorCode(error) === 'RENEWAL_BLOCKED');
    await assert.rejects(agent.restore({ plan: '../..' }, quiet), (error) => errorCode(error) === 'BACKUP_UNKNOWN');
    assert.deepEqual(await credentials(node), unchanged);
    clock.ahead = 0;
    await copyFile(root.at(`${PKI}/front-proxy-ca.crt`), root.at(`${PKI}/ca.crt`));
    const third = await agent.restorePlan({ plan: backup });
    assert.match(third.left.find(({ path }) => path === `${PKI}/apiserver.crt`)?.why ?? '', /was not signed by the CA/);
  });

  it('undoes a restore that fails, and leaves the certificates that it would have replaced', async (t) => {
    const { agent, node, backup } = await renewed(t, { faults: {} });
    const after = await credentials(node);
    await node.faults({ neverComesBack: ['kube-scheduler'] });
    const outcome = await agent.restore({ plan: backup }, quiet);
    assert.equal(outcome?.result, 'rolled-back', outcome?.error?.message);
    assert.deepEqual(await credentials(node), after);
  });

  it('works where certagent only observes, and keeps the backup that it restores, however few are kept', async (t) => {
    const { agent, node, root, before, backup } = await renewed(t, { renew: 'backups = 1' });
    const file = root.at('/etc/certagent/config.toml');
    await writeFile(file, `mode = "observe"\n${await readFile(file, 'utf8')}`);
    await agent.reload();
    assert.equal((await agent.restorePlan({ plan: backup })).plan?.warnings, undefined);
    assert.equal((await agent.restore({ plan: backup }, quiet))?.result, 'succeeded');
    assert.ok((await readdir(root.at(BACKUPS_DIR))).includes(backup));
    await agent.check();
    assert.deepEqual(await credentials(node), before);
  });

  it('refuses on K3s, whose start would replace what is restored', async (t) => {
    const { agent, root } = await scene(t, { kind: 'k3s-server', days: 200 });
    const directory = root.at(`${BACKUPS_DIR}/20260101T000000Z`);
    await mkdir(directory, { recursive: true });
    const manifest = { version: 1, planId: 'p', createdAt: 1, files: [], links: [], absent: [] };
    await writeFile(join(directory, 'manifest.json'), JSON.stringify(manifest));
    const [one] = await summaries(agent);
    assert.equal(one?.id, '20260101T000000Z');
    assert.match(one.refusal ?? '', /issues its certificates at its start/);
    const { blockers, plan } = await agent.restorePlan({ plan: one.id });
    assert.equal(plan, null);
    assert.deepEqual(
      blockers.map(({ code }) => code),
      ['RESTORE_REPLACED'],
    );
    assert.match(blockers[0]?.remedy ?? '', /certagent renew --force/);
    await assert.rejects(agent.restore({ plan: one.id }, quiet), (error) => errorCode(error) === 'RENEWAL_BLOCKED');
  });
});
